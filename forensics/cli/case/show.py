"""`earwitness case show`: what is in one case."""

from __future__ import annotations

import time

import click

from forensics.cli.case.ids import CaseId, read_case
from forensics.cli.case.telling import case_lines
from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.reports.records import record


@click.command()
@click.argument("case", type=CaseId())
@click.option("--json", "is_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def show(session: Session, *, case: int, is_json: bool) -> int:
    """Show a case: its alerts, tasks, notes, and who did what."""
    found = read_case(session, case)
    if is_json:
        json_line(record(found))
    else:
        click.echo("\n".join(case_lines(found, now=time.time())))
    return 0
