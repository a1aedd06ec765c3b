"""`earwitness case add` and `remove`: what belongs to a case."""

from __future__ import annotations

import click

from forensics.cli.case.ids import CaseId, MemberId
from forensics.cli.context import Session
from forensics.cli.wording import counted
from forensics.store.casework import Member


@click.command()
@click.argument("case", type=CaseId())
@click.argument("members", nargs=-1, required=True, type=MemberId())
@click.pass_obj
def add(session: Session, *, case: int, members: tuple[Member, ...]) -> int:
    """Put alerts (A12) and incidents (I3) into a case. An incident brings its alerts, also those to come."""
    with session.open_store() as store:
        joined = store.cases.add(case, members)
    alerts = sum(name.startswith("A:") for name in joined.members)
    click.echo(f"{counted(alerts, 'alert')} joined case-{case}" if alerts else "that is in it already", err=True)
    return 0


@click.command()
@click.argument("case", type=CaseId())
@click.argument("members", nargs=-1, required=True, type=MemberId())
@click.pass_obj
def remove(session: Session, *, case: int, members: tuple[Member, ...]) -> int:
    """Take alerts and incidents out of a case again; the log keeps that they were in it."""
    with session.open_store() as store:
        store.cases.remove(case, members)
    return 0
