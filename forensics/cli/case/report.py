"""`earwitness case report`: the first hour of a case in one document."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from forensics.cli.case.ids import CaseId
from forensics.cli.context import Session
from forensics.cli.report import note_reading, write_new
from forensics.reports.case_hour import CaseHour, case_hour
from forensics.reports.case_words import case_sections, markdown, report_lines
from forensics.reports.casefile import CaseFile
from forensics.reports.page import page
from forensics.reports.records import record
from forensics.store import reader

FORMATS = ("text", "markdown", "html", "json")


@click.command()
@click.argument("case", type=CaseId())
@click.option("--format", "form", default="text", show_default=True, type=click.Choice(FORMATS), help="As what.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A new file, instead of the screen.")
@click.pass_obj
def report(session: Session, *, case: int, form: str, out: Path | None) -> int:
    """The first hour of a case: what left, who, how and when, what is not known, what was done, what to do now.

    No content is in it. Reporting is itself an entry in the chain of custody.
    """
    connection = reader.open_reader(session.store)
    try:
        file, told = case_hour(connection, case)
    finally:
        connection.close()
    now = time.time()
    note_reading(session, file.subject, form, now)
    text = _text(file, told, form, now)
    if out is None:
        click.echo(text)
    else:
        write_new(out, f"{text}\n")
        click.echo(f"{out}: written", err=True)
    return 0


def _text(file: CaseFile, told: CaseHour, form: str, now: float) -> str:
    if form == "json":
        return json.dumps(record(told))  # in ASCII, so that no hostile character gets out
    if form == "html":
        return page(file, told.hour, now=now, parts=case_sections(told, now=now))
    return "\n".join((markdown if form == "markdown" else report_lines)(told, now=now))
