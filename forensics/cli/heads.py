"""`earwitness heads`: the signed heads of the log, to be kept elsewhere."""

from __future__ import annotations

import click

from forensics.cli.context import Session
from forensics.store import reader, signed


@click.command()
@click.option("--all", "is_all", is_flag=True, help="Every head, the oldest first; otherwise the newest of each log.")
@click.option("--key", "is_key", is_flag=True, help="The public key that they are signed with, instead.")
@click.pass_obj
def heads(session: Session, *, is_all: bool, is_key: bool) -> int:
    """Print signed heads of the log (C2SP checkpoints), for another machine to keep.

    A head says how many entries there are and what they are, in one hash. Kept elsewhere, it speaks against whoever
    changes what it covers: `earwitness verify --head FILE`.
    """
    connection = reader.open_reader(session.store)
    try:
        lines = map(str, signed.all_keys(connection)) if is_key else signed.all_notes(connection, is_newest=not is_all)
        text = "".join(f"{line}\n" for line in lines)
    finally:
        connection.close()
    click.echo(text if is_key else text[:-1], nl=False)
    return 0
