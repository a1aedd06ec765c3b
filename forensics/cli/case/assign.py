"""`earwitness case assign`: whose a case is."""

from __future__ import annotations

import click

from forensics.cli.case.ids import CaseId
from forensics.cli.context import Session


@click.command()
@click.argument("case", type=CaseId())
@click.argument("owner", required=False)
@click.option("--nobody", is_flag=True, help="Take it from whoever has it.")
@click.pass_obj
def assign(session: Session, *, case: int, owner: str | None, nobody: bool) -> int:
    """Give a case to OWNER; without one, take it yourself."""
    if owner and nobody:
        raise click.UsageError("give an owner, or --nobody")
    with session.open_store() as store:
        store.cases.assign(case, "" if nobody else owner or session.actor)
    return 0
