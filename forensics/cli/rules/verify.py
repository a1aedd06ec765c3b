"""`earwitness rules verify`: see whether packs are as they were signed."""

from __future__ import annotations

from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.wording import counted
from forensics.errors import RuleError
from forensics.rulebook.pack import find_packs
from forensics.rulebook.signing import SIGNATURE, check, digests_of, signers_of
from forensics.rulebook.source import read_bytes
from forensics.text_safety import visible


@click.command()
@click.argument("packs", nargs=-1, type=click.Path(path_type=Path), metavar="[PACK]...")
@click.option("--signer", "signers", multiple=True, help="A public key, beside rules_signers; may be given again.")
@click.pass_obj
def verify(session: Session, packs: tuple[Path, ...], signers: tuple[str, ...]) -> int:
    """See whether packs are as a known key signed them, samples and all. Without PACK: those of the configuration.

    Exit 0: all are, 1: one is not.
    """
    known = signers_of((*session.config.rules_signers, *signers))
    if not known:
        raise click.UsageError("signed by whom? give --signer, or set rules_signers in the configuration")
    is_sound = True
    for place in (place for path in packs or session.config.rules for place in find_packs(path)):
        try:
            path = place / SIGNATURE
            digests = digests_of(place) if place.is_dir() else {}
            names = check(place, digests, read_bytes(path) if path.exists() else b"", known)
        except RuleError as error:
            is_sound = False
            click.echo(visible(str(error)))
        else:
            click.echo(visible(f"{place}: {counted(len(digests), 'file')} as signed by {', '.join(names)}"))
    return 0 if is_sound else 1
