"""`earwitness report`: the first hour of an incident."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.errors import InputError, StoreError
from forensics.model import CustodyEntry
from forensics.reports.casefile import incident_file, incident_number
from forensics.reports.first_hour import first_hour
from forensics.reports.page import page
from forensics.reports.records import record
from forensics.reports.telling import report_lines
from forensics.store import reader


@click.command()
@click.option("--incident", "incident", required=True, metavar="ID", help="The incident, such as I3.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object.")
@click.option("--html", "html", type=click.Path(path_type=Path, dir_okay=False), help="Write one page for a browser.")
@click.pass_obj
def report(session: Session, *, incident: str, is_json: bool, html: Path | None) -> int:
    """The first hour of an incident: what left, how sure, what cannot be known, whose data, the 72-hour clock.

    No content is in any form of it. Reporting is itself an entry in the chain of custody.
    """
    number = incident_number(incident)
    connection = reader.open_reader(session.store)
    try:
        case = incident_file(connection, number)
    finally:
        connection.close()
    now = time.time()
    note_reading(session, case.subject, "html" if html else "json" if is_json else "text", now)
    hour = first_hour(case)
    if html is not None:
        write_new(html, page(case, hour, now=now))
        click.echo(f"{html}: written", err=True)
    if is_json:
        json_line(record(hour) | {"seconds": hour.seconds, "least_people": hour.least_people})
    elif html is None:
        click.echo("\n".join(report_lines(hour, now=now)))
    return 0


def note_reading(session: Session, subject: str, form: str, now: float) -> None:
    """Note in the log that a report on an incident or a case was made."""
    entry = CustodyEntry(actor=session.actor, action="read", subject=subject, detail=f"report {form}", time=now)
    try:
        with session.open_store() as store, store.group() as group:
            group.custody(entry)
    except StoreError as error:
        click.echo(f"this reading could not be noted in the chain of custody: {error}", err=True)


def write_new(path: Path, text: str) -> None:
    """Write a file that was not there, for its owner alone. Raises InputError."""
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
