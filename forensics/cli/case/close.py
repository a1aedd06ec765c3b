"""`earwitness case close` and `reopen`: how an investigation ended."""

from __future__ import annotations

import click

from forensics.cli.case.ids import CaseId, read_case
from forensics.cli.context import Session
from forensics.cli.wording import counted
from forensics.model import AlertState
from forensics.store.cases import DISPOSITIONS, TO_DO


@click.command()
@click.argument("case", type=CaseId())
@click.option("--as", "disposition", required=True, type=click.Choice(DISPOSITIONS), help="How it ended.")
@click.option("--reason", required=True, help="Why, in your words; it stands in the log.")
@click.pass_obj
def close(session: Session, *, case: int, disposition: str, reason: str) -> int:
    """Close a case. Its alerts stay as they are: each was right or wrong for itself."""
    with session.open_store() as store:
        store.cases.close(case, disposition, reason)
    found = read_case(session, case)
    alerts = sum(alert.state is not AlertState.CLOSED for alert in found.alerts)
    tasks = sum(task.state == TO_DO for task in found.tasks)
    for number, what in ((alerts, "alert"), (tasks, "task")):
        if number:
            click.echo(f"still open: {counted(number, what)}", err=True)
    return 0


@click.command()
@click.argument("case", type=CaseId())
@click.option("--reason", default="", help="Why; it stands in the log.")
@click.pass_obj
def reopen(session: Session, *, case: int, reason: str) -> int:
    """Open a case again that was closed."""
    with session.open_store() as store:
        store.cases.reopen(case, reason)
    return 0
