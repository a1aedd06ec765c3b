"""`earwitness case list`: which cases there are."""

from __future__ import annotations

import time

import click

from forensics.cli.case.ids import MemberId
from forensics.cli.case.telling import case_line
from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.reports.records import record
from forensics.store import caseload, reader
from forensics.store.cases import CLOSED, OPEN
from forensics.store.casework import Member


@click.command(name="list")
@click.option("--state", type=click.Choice([OPEN, CLOSED]), default=None, help="Only those; default: all.")
@click.option("--owner", default="", help="Only those of one owner.")
@click.option("--with", "member", type=MemberId(), help="Only those that hold an alert (A12) or incident (I3).")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="At most so many.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def list_cases(
    session: Session, *, state: str | None, owner: str, member: Member | None, limit: int, is_json: bool
) -> int:
    """List cases, the newest first: state, age, owner, alerts, tasks to do, title."""
    connection = reader.open_reader(session.store)
    try:
        rows = caseload.listed(connection, state=state or "", owner=owner, limit=limit)
        if member is not None:
            ids = caseload.cases_of(connection, f"{member[0]}{member[1]}")
            rows = tuple(row for row in rows if row.id in ids)
    finally:
        connection.close()
    for row in rows:
        if is_json:
            json_line(record(row))
        else:
            click.echo(case_line(row, now=time.time()))
    return 0
