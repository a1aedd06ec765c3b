"""`earwitness case note`: what somebody found out, for good."""

from __future__ import annotations

import sys

import click

from forensics.cli.case.ids import CaseId
from forensics.cli.context import Session


@click.command()
@click.argument("case", type=CaseId())
@click.argument("text")
@click.pass_obj
def note(session: Session, *, case: int, text: str) -> int:
    """Write a note into a case (`-` reads it from standard input). A note cannot be changed or taken away."""
    words = sys.stdin.read().rstrip("\n") if text == "-" else text
    with session.open_store() as store:
        store.cases.note(case, words)
    return 0
