"""`earwitness rules print`: a rule that knows one thing again, made from that thing; a command for each kind."""

from __future__ import annotations

import click

from forensics.cli.commands import Commands

COMMANDS = {
    "audio": "forensics.cli.rules.print_audio:audio",
    "text": "forensics.cli.rules.print_text:text",
    "image": "forensics.cli.rules.print_image:image",
    "fuzzy": "forensics.cli.rules.print_fuzzy:print_fuzzy",
}


@click.group(name="print", cls=Commands, table=COMMANDS)
def print_() -> None:
    """Print a rule that knows one thing again, for `fingerprints/*.toml`, and leave its print beside it.

    The print holds what is compared, nothing that could be read or heard.
    """
