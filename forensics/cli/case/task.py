"""`earwitness case task` and `done`: what is to be done, and what was."""

from __future__ import annotations

import time

import click

from forensics.cli.case.ids import CaseId, TaskId
from forensics.cli.context import Session
from forensics.store import moments
from forensics.store.cases import DONE, DROPPED, TO_DO
from forensics.store.tasks import Task


@click.command()
@click.argument("case", type=CaseId())
@click.argument("text")
@click.option("--owner", default="", help="Who is to do it.")
@click.option("--due", "span", default="", help="How soon it must be done, such as 1h or 3d.")
@click.pass_obj
def task(session: Session, *, case: int, text: str, owner: str, span: str) -> int:
    """Set a task in a case, and print its id."""
    seconds = moments.span(span) if span else None
    if span and not seconds:
        raise click.BadParameter("takes a span such as 1h, 12h or 3d", param_hint="--due")
    due = time.time() + seconds if seconds else 0.0
    with session.open_store() as store:
        click.echo(f"T{store.cases.set_task(case, Task(text=text, owner=owner, due=due))}")
    return 0


@click.command()
@click.argument("task", type=TaskId())
@click.option("--undo", "state", flag_value=TO_DO, help="It is to do again.")
@click.option("--drop", "state", flag_value=DROPPED, help="It need not be done.")
@click.pass_obj
def done(session: Session, *, task: int, state: str | None) -> int:
    """Say that a task (T7) is done."""
    with session.open_store() as store:
        store.cases.turn_task(task, state or DONE)
    return 0
