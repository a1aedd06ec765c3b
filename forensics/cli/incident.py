"""`earwitness incident`: what people decide about incidents and alerts, each decision an act of custody."""

from __future__ import annotations

import re
import time

import click

from forensics.cli.context import Session
from forensics.cli.dossier import incident_line
from forensics.cli.render import json_line
from forensics.errors import InputError
from forensics.model import AlertState, CustodyEntry
from forensics.reports.records import record
from forensics.store import reader
from forensics.store.states import CLOSE_REASONS
from forensics.text_safety import visible

_ID = re.compile(r"([AIC])(\d{1,18})", re.IGNORECASE)
_note = click.option("--note", default="", help="Why, in your words; it stands in the log.")


class _Id(click.ParamType[tuple[str, int]]):
    """An id such as I3, as its letter and number."""

    name = "id"

    def __init__(self, letters: str) -> None:
        self._letters = letters

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """Read the id."""
        hit = _ID.fullmatch(value) if isinstance(value, str) else None
        if hit is None or hit[1].upper() not in self._letters:
            self.fail(f"{visible(str(value))} is no id such as {' or '.join(f'{each}3' for each in self._letters)}")
        return hit[1].upper(), int(hit[2])


@click.group()
def incident() -> None:
    """Decide about incidents (I3) and alerts (A12): acknowledge, close, merge, split, note. Everything is logged."""


@incident.command("list")
@click.option("--state", type=click.Choice([state.value for state in AlertState]), help="Only those in this state.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="At most so many.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def list_(session: Session, *, state: str | None, limit: int, is_json: bool) -> int:
    """List incidents, the one with the newest alert first."""
    connection = reader.open_reader(session.store)
    try:
        rows = reader.incidents(connection, state=AlertState(state) if state else None, limit=limit)
    finally:
        connection.close()
    for row in rows:
        if is_json:
            json_line(record(row))
        else:
            click.echo(incident_line(row))
    return 0


@incident.command()
@click.argument("id", type=_Id("AI"))
@click.option("--owner", help="Who takes it; default: you, when it has no owner.")
@_note
@click.pass_obj
def ack(session: Session, *, id: tuple[str, int], owner: str | None, note: str) -> int:
    """Acknowledge an incident or alert."""
    return _decide(session, id, AlertState.ACKNOWLEDGED, owner=owner, note=note)


@incident.command()
@click.argument("id", type=_Id("AI"))
@click.option("--reason", required=True, type=click.Choice(CLOSE_REASONS), help="What it was.")
@_note
@click.pass_obj
def close(session: Session, *, id: tuple[str, int], reason: str, note: str) -> int:
    """Close an incident with all its alerts, or an alert."""
    return _decide(session, id, AlertState.CLOSED, reason=reason, note=note)


@incident.command()
@click.argument("id", type=_Id("AI"))
@_note
@click.pass_obj
def reopen(session: Session, *, id: tuple[str, int], note: str) -> int:
    """Take a decision back: it is new again."""
    return _decide(session, id, AlertState.NEW, note=note)


@incident.command()
@click.argument("id", type=_Id("AI"))
@click.argument("text")
@click.pass_obj
def note(session: Session, *, id: tuple[str, int], text: str) -> int:
    """Add a note to an incident or alert."""
    subject = f"{id[0]}{id[1]}"
    connection = reader.open_reader(session.store)
    try:
        ask = reader.alert_detail if id[0] == "A" else reader.incident_detail
        if ask(connection, id[1]) is None:
            raise InputError(f"the store holds no {subject}")
    finally:
        connection.close()
    with session.open_store() as store, store.group() as group:
        entry = CustodyEntry(actor=session.actor, action="note", subject=subject, detail=text, time=time.time())
        group.custody(entry)
    return 0


@incident.command()
@click.argument("id", type=_Id("I"))
@click.argument("others", nargs=-1, required=True, type=_Id("I"))
@_note
@click.pass_obj
def merge(session: Session, *, id: tuple[str, int], others: tuple[tuple[str, int], ...], note: str) -> int:
    """Put the alerts of OTHERS into the incident ID. `incident undo` takes it back."""
    with session.open_store() as store:
        store.merge_incidents(id[1], [number for _, number in others], note=note)
    return 0


@incident.command()
@click.argument("id", type=_Id("I"))
@click.argument("alerts", nargs=-1, required=True, type=_Id("A"))
@_note
@click.pass_obj
def split(session: Session, *, id: tuple[str, int], alerts: tuple[tuple[str, int], ...], note: str) -> int:
    """Put ALERTS of the incident ID into a new one, and print its id. `incident undo` takes it back."""
    with session.open_store() as store:
        click.echo(f"I{store.split_incident(id[1], [number for _, number in alerts], note=note)}")
    return 0


@incident.command()
@click.argument("act", type=_Id("C"))
@_note
@click.pass_obj
def undo(session: Session, *, act: tuple[str, int], note: str) -> int:
    """Undo a merge or split, named by its act (C57, as `earwitness show` prints it under custody)."""
    with session.open_store() as store:
        store.undo(act[1], note=note)
    return 0


def _decide(
    session: Session, id: tuple[str, int], state: AlertState, *, reason: str = "", note: str, owner: str | None = None
) -> int:
    with session.open_store() as store:
        decide = store.set_alert_state if id[0] == "A" else store.set_incident_state
        decide(id[1], state, reason=reason, note=note, owner=owner)
    return 0
