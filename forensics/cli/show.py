"""`earwitness show`: everything the store holds on one alert, incident, observation, gap or digest."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from forensics.cli import dossier
from forensics.cli import sections as parts
from forensics.cli.beside import Wanted
from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.cli.sections import Beside
from forensics.database import Connection
from forensics.errors import InputError, StoreError
from forensics.model import CustodyEntry
from forensics.reports.records import evidence, kind
from forensics.rulebook.quoting import Quote
from forensics.store import reader
from forensics.store.rows import AlertDetail, IncidentDetail, Lineage, ObservationDetail, OpaqueRow
from forensics.text_safety import visible

COMPARED = ("audio", "text")
SECTIONS = ("why", *COMPARED, *parts.SECTIONS[1:])
_ID = re.compile(r"([AIOGQ])(\d{1,18})", re.IGNORECASE)
_DIGEST = re.compile(r"[0-9a-f]{8,64}", re.IGNORECASE)


@click.command()
@click.argument("id")
@click.option(
    "--section",
    "sections",
    multiple=True,
    type=click.Choice(SECTIONS),
    help="Of an alert or observation only this; several times for several.",
)
@click.option("--json", "is_json", is_flag=True, help="One JSON object (for a digest or a section: one a line).")
@click.option(
    "--beside",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="For audio and text: a file or folder to compare with, what left or what was issued.",
)
@click.option("--draw", "is_drawn", is_flag=True, help="For audio: open what left, where it still lies.")
@click.option(
    "--unsealed",
    metavar="REQUEST APPROVAL APPROVAL",
    type=click.Path(path_type=Path),
    nargs=3,
    multiple=True,
    help="For audio: open this kept content, which two custodians approved (see unseal); noted in the log.",
)
@click.option(
    "--reference-key",
    type=click.Path(path_type=Path),
    help="For audio: private key that opens kept waveforms; recorded in the store's custody.",
)
@click.pass_obj
def show(
    session: Session,
    *,
    id: str,
    sections: tuple[str, ...],
    is_json: bool,
    files: tuple[Path, ...],
    is_drawn: bool,
    unsealed: tuple[tuple[Path, Path, Path], ...],
    reference_key: Path | None,
) -> int:
    """Show evidence: alert A12, incident I3, observation O5, gap G4, connection Q2 that was not read, or what holds a
    SHA-256 (8 digits or more).

    Reading evidence is itself an entry in its chain of custody.
    """
    connection = reader.open_reader(session.store)
    try:
        subject, rows = _find(connection, id)
        lineage = _lineage(connection, rows[0])
        opaque = _opaque(connection, rows[0]) if "gaps" in sections else ()
    finally:
        connection.close()
    if sections and not isinstance(rows[0], AlertDetail | ObservationDetail):
        raise click.UsageError(f"{visible(id)}: an alert or an observation has sections, this has none")
    wanted = Wanted(files=files, is_drawn=is_drawn, unsealed=unsealed, reference_key=reference_key)
    is_compared = bool(set(sections) & set(COMPARED)) and wanted.is_any
    _note_reading(session, subject, f"show, opening {wanted.words}" if is_compared else "show")
    for row in rows:
        if sections:
            beside = Beside(lineage=lineage, opaque=opaque, rules=_rules(session, row) if "why" in sections else {})
            _show_sections(session, sections, row, beside, wanted, is_json=is_json)
        elif is_json:
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


def _opaque(connection: Connection, row: object) -> tuple[OpaqueRow, ...]:
    """Connections around an alert or observation that were not read."""
    if isinstance(row, AlertDetail | ObservationDetail):
        return reader.opaque_around(connection, row.alert if isinstance(row, AlertDetail) else row.sighting)
    return ()


def _note_reading(session: Session, subject: str, detail: str) -> None:
    try:
        with session.open_store() as store, store.group() as group:
            entry = CustodyEntry(actor=session.actor, action="read", subject=subject, detail=detail, time=time.time())
            group.custody(entry)
    except StoreError as error:
        click.echo(f"this reading could not be noted in the chain of custody: {error}", err=True)


def _show_sections(
    session: Session,
    sections: Sequence[str],
    row: AlertDetail | ObservationDetail,
    beside: Beside,
    wanted: Wanted,
    *,
    is_json: bool,
) -> None:
    name = f"A{row.alert.id}" if isinstance(row, AlertDetail) else f"O{row.sighting.id}"
    for section in (each for each in sections if each not in COMPARED):
        asked = (section, row, beside)
        _print(parts.section_record(*asked) if is_json else "\n".join(parts.section_lines(*asked)))
    if not set(sections) & set(COMPARED):
        return
    from forensics.cli import side_by_side  # what only reads begins sooner without

    found = side_by_side.compare(session, row, name, wanted)
    for section in (each for each in sections if each in COMPARED):
        _print(side_by_side.record_of(section, found) if is_json else "\n".join(side_by_side.lines(section, found)))


def _rules(session: Session, row: AlertDetail | ObservationDetail) -> dict[str, Quote]:
    """The rules that matched, as the packs in force have them."""
    from forensics.cli.rules.books import places_of
    from forensics.rulebook.quoting import quotes

    return quotes(places_of(session, ()), (match.rule for match in row.matches))


def _print(told: dict[str, Any] | str) -> None:
    if isinstance(told, str):
        click.echo(told)
    else:
        json_line(told)


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
