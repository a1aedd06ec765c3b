"""`earwitness export`: an incident, or what a query finds, in a form for others."""

from __future__ import annotations

import time
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.database import Connection
from forensics.reports.bag import export_bundle
from forensics.reports.casefile import CaseFile, incident_file, incident_number, query_file
from forensics.reports.exporting import Gather, Task, export_form
from forensics.reports.forms import FORMS
from forensics.text_safety import visible

BUNDLE = "bundle"


@click.command()
@click.option("--incident", metavar="ID", help="The incident, such as I3.")
@click.option("--query", metavar="Q", help="What a query finds (as `earwitness search` takes it), instead.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A folder that is not there yet.")
@click.option("--format", "form", type=click.Choice([BUNDLE, *FORMS]), default=BUNDLE, show_default=True)
@click.pass_obj
def export(session: Session, *, incident: str | None, query: str | None, out: Path, form: str) -> int:
    """Write an incident for other programs and other people. No content is in any form.

    A bundle (BagIt) has the report, CASE, DFXML, tables, a timeline, the entries of the log with their proofs, and
    verify.py, which checks all of it with nothing but Python.

    The export is an entry in the chain of custody, with its digest, before it is done. Nothing is written over.
    """
    task = Task(store=session.store, actor=session.actor, clock=time.time)
    gather = _gather(incident, query)
    done = export_bundle(task, gather, out) if form == BUNDLE else export_form(task, gather, form, out)
    click.echo(f"{visible(done.place)}: {done.files} files, sha256 {done.digest}")
    return 0


def _gather(incident: str | None, query: str | None) -> Gather:
    if (incident is None) == (query is None):
        raise click.UsageError("give --incident or --query")
    number = incident_number(incident) if incident is not None else 0

    def gather(connection: Connection) -> CaseFile:
        return incident_file(connection, number) if query is None else query_file(connection, query)

    return gather
