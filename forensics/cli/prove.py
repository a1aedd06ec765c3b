"""`earwitness prove`: that an entry stood in the log, for others."""

from __future__ import annotations

import time
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.errors import InputError
from forensics.reports.exporting import Task
from forensics.reports.proving import export_proof
from forensics.text_safety import visible

MOST_DIGITS = 18


@click.command()
@click.argument("entries", metavar="ID...", nargs=-1, required=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A folder that is not there yet.")
@click.option("--reason", default="", help="Why, for the log.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def prove(session: Session, entries: tuple[str, ...], out: Path, reason: str, is_json: bool) -> int:
    """Prove entries of the log, by their ids (`log --json`), to somebody who has nothing but Python.

    The folder holds the entries, their inclusion in the first signed head that counts each, that the newest head
    continues it, and verify.py. That it was written is an entry of the log itself.
    """
    task = Task(store=session.store, actor=session.actor, clock=time.time, reason=reason.strip())
    done = export_proof(task, [_number(entry) for entry in dict.fromkeys(entries)], out)
    if is_json:
        json_line({"place": done.place, "files": done.files, "sha256": done.digest})
    else:
        click.echo(f"{visible(done.place)}: {done.files} files, sha256 {done.digest}")
    return 0


def _number(text: str) -> int:
    """The number in `412` or, as breaks of the log are named, `C412`. Raises InputError."""
    number = text[1:] if text[:1].isalpha() else text
    if not (number.isascii() and number.isdecimal() and len(number) <= MOST_DIGITS):
        raise InputError(f"{text}: not the id of an entry, such as 412")
    return int(number)
