"""`earwitness case new`: begin an investigation."""

from __future__ import annotations

import click

from forensics.cli.case.ids import MemberId
from forensics.cli.context import Session
from forensics.store.casework import Member


@click.command()
@click.argument("title")
@click.argument("members", nargs=-1, type=MemberId())
@click.option("--owner", help="Whose it is; default: yours.")
@click.option("--no-tasks", is_flag=True, help="Begin without the tasks of the first hour.")
@click.pass_obj
def new(session: Session, *, title: str, members: tuple[Member, ...], owner: str | None, no_tasks: bool) -> int:
    """Open a case with alerts (A12) and incidents (I3), and print its id. What was new among them is acknowledged."""
    with session.open_store() as store:
        joined = store.cases.begin(
            title, members, owner=session.actor if owner is None else owner, tasks=() if no_tasks else None
        )
    click.echo(f"case-{joined.case}")
    return 0
