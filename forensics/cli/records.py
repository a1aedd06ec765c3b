"""What the store answers with, as JSON objects: ids as people name them, times as ISO 8601 in UTC."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from forensics.cli.render import iso, sound_record
from forensics.store.rows import AlertRow, GapRow, IncidentRow, MatchRow, OpaqueRow, SearchHit, SightingRow

_LETTERS = {"alert_id": "A", "incident_id": "I"}
_OWN_LETTERS: dict[type, str] = {AlertRow: "A", IncidentRow: "I", SightingRow: "O", GapRow: "G", OpaqueRow: "Q"}
_TIMES = ("time", "start", "end", "first_time", "last_time")


def hit_record(hit: SearchHit) -> dict[str, Any]:
    """A search hit."""
    return {**record(hit), "id": hit_id(hit)}


def hit_id(hit: SearchHit) -> str:
    """The id `earwitness show` takes."""
    return f"{'A' if hit.kind == 'alert' else 'O'}{hit.id}"


def record(row: Any) -> dict[str, Any]:
    """Any row or detail of the store, field by field."""
    values = {field.name: _value(field.name, getattr(row, field.name)) for field in dataclasses.fields(row)}
    if isinstance(row, MatchRow):
        values = {name: value for name, value in values.items() if name != "sound"} | sound_record(row.sound)
    letter = _OWN_LETTERS.get(type(row))
    return {**values, "id": f"{letter}{row.id}"} if letter else values


def _value(name: str, value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return record(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return [_value("", each) for each in value]
    if value is not None and name in _LETTERS:
        return f"{_LETTERS[name]}{value}"
    return iso(value) if name in _TIMES else value
