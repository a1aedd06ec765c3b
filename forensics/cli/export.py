"""`earwitness export`: an incident, or what a query finds, in a form for others."""

from __future__ import annotations

import time
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.database import Connection
from forensics.reports.casefile import CaseFile, incident_file, incident_number, query_file
from forensics.reports.exporting import Gather, Task, export_form
from forensics.reports.forms import FORMS
from forensics.text_safety import visible


@click.command()
@click.option("--incident", metavar="ID", help="The incident, such as I3.")
@click.option("--query", metavar="Q", help="What a query finds (as `earwitness search` takes it), instead.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A folder that is not there yet.")
@click.option("--format", "form", type=click.Choice(list(FORMS)), required=True, help="The form.")
@click.pass_obj
def export(session: Session, *, incident: str | None, query: str | None, out: Path, form: str) -> int:
    """Write an incident for other programs and other people. No content is in any form.

    The export is an entry in the chain of custody, with its digest, before it is done. Nothing is written over.
    """
    task = Task(store=session.store, actor=session.actor, clock=time.time)
    done = export_form(task, _gather(incident, query), form, out)
    click.echo(f"{visible(done.place)}: {done.files} files, sha256 {done.digest}")
    return 0


def _gather(incident: str | None, query: str | None) -> Gather:
    if (incident is None) == (query is None):
        raise click.UsageError("give --incident or --query")
    number = incident_number(incident) if incident is not None else 0

    def gather(connection: Connection) -> CaseFile:
        return incident_file(connection, number) if query is None else query_file(connection, query)

    return gather
