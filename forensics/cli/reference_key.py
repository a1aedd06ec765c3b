"""`earwitness reference-key`: the key pair that waveforms are sealed for."""

from __future__ import annotations

from pathlib import Path

import click

from forensics.register.sealing import key_name, make_key_pair, read_public_key
from forensics.text_safety import visible


@click.command("reference-key")
@click.argument("file", type=click.Path(path_type=Path))
def reference_key(file: Path) -> int:
    """Make the key pair for kept waveforms: FILE, which opens them, and FILE.pub, which seals them.

    Make it on the responder's machine. FILE stays there, readable by you alone: who has it and the store's
    reference.sqlite can hear the clips, and without it nobody can. FILE.pub goes to where clips are registered
    (`register --keep-reference --seal-for FILE.pub`).
    """
    public = make_key_pair(file)
    click.echo(f"private key  {visible(str(file))}")
    click.echo(f"public key   {visible(str(public))}")
    click.echo(f"name         {key_name(read_public_key(public))}")
    return 0
