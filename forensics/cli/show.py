"""`earwitness show`: everything the store holds on one alert, incident, observation, gap or digest."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import click

from forensics.cli import dossier
from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.database import Connection
from forensics.errors import InputError, StoreError
from forensics.model import CustodyEntry
from forensics.reports.records import evidence, kind
from forensics.store import reader
from forensics.store.rows import AlertDetail, IncidentDetail, Lineage, ObservationDetail
from forensics.text_safety import visible

_ID = re.compile(r"([AIOGQ])(\d{1,18})", re.IGNORECASE)
_DIGEST = re.compile(r"[0-9a-f]{8,64}", re.IGNORECASE)


@click.command()
@click.argument("id")
@click.option(
    "--section",
    "sections",
    multiple=True,
    type=click.Choice(dossier.SECTIONS),
    help="Of an alert or observation only this; several times for several.",
)
@click.option("--json", "is_json", is_flag=True, help="One JSON object (for a digest or a section: one a line).")
@click.pass_obj
def show(session: Session, *, id: str, sections: tuple[str, ...], is_json: bool) -> int:
    """Show evidence: alert A12, incident I3, observation O5, gap G4, connection Q2 that was not read, or what holds a
    SHA-256 (8 digits or more).

    Reading evidence is itself an entry in its chain of custody.
    """
    connection = reader.open_reader(session.store)
    try:
        subject, rows = _find(connection, id)
        lineage = _lineage(connection, rows[0])
    finally:
        connection.close()
    if sections and not isinstance(rows[0], AlertDetail | ObservationDetail):
        raise click.UsageError(f"{visible(id)}: an alert or an observation has sections, this has none")
    _note_reading(session, subject)
    for row in rows:
        for section in sections:
            _show_section(section, row, lineage, is_json=is_json)
        if sections:
            continue
        if is_json:
            json_line(evidence(row, lineage))
        else:
            click.echo("\n".join(_lines(row, lineage)))
    return 0


def _find(connection: Connection, id: str) -> tuple[str, tuple[Any, ...]]:
    """The evidence of that id, and the name under which custody knows it. Raises InputError when there is none."""
    named = _ID.fullmatch(id)
    if named is not None:
        letter, number = named[1].upper(), int(named[2])
        ask = {
            "A": reader.alert_detail,
            "I": reader.incident_detail,
            "O": reader.observation_detail,
            "G": reader.gap,
            "Q": reader.opaque_flow,
        }[letter]
        row = ask(connection, number)
        if row is not None:
            return f"{letter}{number}", (row,)
    if _DIGEST.fullmatch(id) is not None:
        rows = reader.observations_of(connection, id.lower())
        if rows:
            return f"sha256:{id.lower()}", rows
    elif named is None:
        raise InputError(f"{visible(id)}: not an id such as A12, I3, O5 or G4, nor 8 digits or more of a SHA-256")
    raise InputError(f"{visible(id)}: the store holds nothing of that id")


def _lineage(connection: Connection, row: object) -> Lineage | None:
    """Of an incident how its content went; of an alert what led to it."""
    if isinstance(row, IncidentDetail):
        return reader.lineage(connection, row.incident.id)
    if isinstance(row, AlertDetail):
        return reader.lineage(connection, row.incident.id, alert=row.alert.id)
    return None


def _note_reading(session: Session, subject: str) -> None:
    try:
        with session.open_store() as store, store.group() as group:
            entry = CustodyEntry(actor=session.actor, action="read", subject=subject, detail="show", time=time.time())
            group.custody(entry)
    except StoreError as error:
        click.echo(f"this reading could not be noted in the chain of custody: {error}", err=True)


def _show_section(
    section: str, row: AlertDetail | ObservationDetail, lineage: Lineage | None, *, is_json: bool
) -> None:
    if is_json:
        json_line(dossier.section_record(section, row, lineage))
    else:
        click.echo("\n".join(dossier.section_lines(section, row, lineage)))


def _lines(row: Any, lineage: Lineage | None) -> Iterator[str]:
    show_row: dict[str, Any] = {
        "alert": lambda alert: dossier.alert_lines(alert, lineage),
        "incident": lambda incident: dossier.incident_lines(incident, lineage),
        "observation": dossier.observation_lines,
        "gap": lambda gap: iter([dossier.gap_line(gap)]),
        "opaque": lambda flow: iter([dossier.opaque_line(flow)]),
        "sighting": lambda seen: iter([dossier.sighting_line(seen)]),
    }
    lines: Iterator[str] = show_row[kind(row)](row)
    return lines
