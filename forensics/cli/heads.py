"""`earwitness heads`: the signed heads of the log, to be kept elsewhere."""

from __future__ import annotations

import click

from forensics.cli.context import Session
from forensics.cli.wording import counted
from forensics.errors import ConfigError, InputError, Malformed
from forensics.reports.records import iso
from forensics.store import reader, signed
from forensics.text_safety import visible
from forensics.witnessing import Witnesses


@click.command()
@click.option("--all", "is_all", is_flag=True, help="Every head, the oldest first; otherwise the newest of each log.")
@click.option("--key", "is_key", is_flag=True, help="The public key that they are signed with, instead.")
@click.option("--push", "is_push", is_flag=True, help="Tell the witnesses of custody.witnesses now, instead.")
@click.option("--stamp", "is_stamp", is_flag=True, help="Have the newest stamped by custody.tsa now, instead.")
@click.pass_obj
def heads(session: Session, *, is_all: bool, is_key: bool, is_push: bool, is_stamp: bool) -> int:
    """Print signed heads of the log (C2SP checkpoints), for another machine to keep.

    A head says how many entries there are and what they are, in one hash. Kept elsewhere, it speaks against whoever
    changes what it covers: `earwitness verify --head FILE`. `watch` tells witnesses, and has heads stamped, by itself.
    """
    if is_push or is_stamp:
        return _tell(session, is_push=is_push, is_stamp=is_stamp)
    connection = reader.open_reader(session.store)
    try:
        lines = map(str, signed.all_keys(connection)) if is_key else signed.all_notes(connection, is_newest=not is_all)
        text = "".join(f"{line}\n" for line in lines)
    finally:
        connection.close()
    click.echo(text if is_key else text[:-1], nl=False)
    return 0


def _tell(session: Session, *, is_push: bool, is_stamp: bool) -> int:
    """Tell witnesses and ask for a stamp; exit 3 when somebody could not be told."""
    if is_push and not session.config.custody.witnesses:
        raise ConfigError("custody.witnesses names nobody to be told")
    session.open_store().close()  # what was added is signed for
    with session.open_store() as store:
        known = Witnesses(store, session.config.custody, host=session.config.host_name)
        problems = 0
        for told in known.tell() if is_push else ():
            problems += bool(told.problem)
            said = f": {visible(told.problem)}" if told.problem else ""
            click.echo(f"{visible(told.witness)}: {counted(told.heads, 'head')} told{said}", err=bool(said))
        if is_stamp:
            try:
                stamp = known.stamp()
            except (OSError, Malformed) as error:
                raise InputError(f"{session.config.custody.tsa}: {error}") from error
            click.echo(f"stamped {iso(stamp.time)} by {stamp.authority}" if stamp else "nothing new to be stamped")
    return 3 if problems else 0
