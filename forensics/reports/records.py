"""What the store answers with, as JSON objects: ids as people name them, times as ISO 8601 in UTC."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from forensics.coverage.model import Level
from forensics.model import Sound
from forensics.store.caseload import CaseRow, TaskRow
from forensics.store.rows import AlertRow, GapRow, IncidentRow, Lineage, MatchRow, OpaqueRow, SightingRow

LAST_TIME = 253_402_300_799.0
"""The last second of the year 9999."""
_LETTERS = {"alert_id": "A", "incident_id": "I"}
_OWN_LETTERS: dict[type, str] = {
    AlertRow: "A",
    IncidentRow: "I",
    SightingRow: "O",
    GapRow: "G",
    OpaqueRow: "Q",
    CaseRow: "case-",
    TaskRow: "T",
}


def iso(time: float) -> str:
    """A time as ISO 8601 in UTC with milliseconds; what a capture dates beyond the calendar stands at its end."""
    return (
        datetime.fromtimestamp(min(max(time, 0.0), LAST_TIME), UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


def sound_record(sound: Sound | None, *, longest_trace: int | None = None) -> dict[str, Any]:
    """How a match was heard; null for one that was not. Codes are 16 hexadecimal digits each.

    A trace of more than `longest_trace` codes is left out.
    """
    if sound is None:
        return {"false_alarm": None, "pitch": None, "family": [], "trace": None}
    trace: dict[str, Any] = {
        "step_s": sound.step_s,
        "clip_length_s": round(sound.clip_length_s, 3),
        "issued": [f"{code:016x}" for code in sound.issued],
        "heard": [f"{code:016x}" for code in sound.heard],
        "evidence": [round(value, 1) for value in sound.evidence],
    }
    if sound.waves:
        waves = [round(value, 3) for value in sound.waves]
        trace["waveform"] = {"start_s": sound.waves_s, "step_s": sound.wave_step_s, "correlation": waves}
    return {
        "false_alarm": float(f"{sound.false_alarm:.3g}"),
        "pitch": round(sound.pitch, 4),
        "family": list(sound.family),
        "trace": trace if longest_trace is None or len(sound.issued) <= longest_trace else None,
    }


def record(row: Any) -> dict[str, Any]:
    """Any row or detail of the store, field by field."""
    values = {field.name: _value(field.name, getattr(row, field.name)) for field in dataclasses.fields(row)}
    if isinstance(row, MatchRow):
        values = {name: value for name, value in values.items() if name != "sound"} | sound_record(row.sound)
    letter = _OWN_LETTERS.get(type(row))
    return {**values, "id": f"{letter}{row.id}" if row.id else ""} if letter else values


def evidence(row: Any, lineage: Lineage | None = None) -> dict[str, Any]:
    """All that is known of one alert, incident, observation or gap, and its kind: what `show --json` prints."""
    return {"kind": kind(row), **record(row), **({"lineage": record(lineage)} if lineage is not None else {})}


def kind(row: Any) -> str:
    """What a row or detail is of: alert, incident, observation, sighting, gap, opaque."""
    return type(row).__name__.removesuffix("Detail").removesuffix("Row").lower()


def _value(name: str, value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return record(value)
    if isinstance(value, Level):
        return value.word
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return [_value("", each) for each in value]
    if value is not None and name in _LETTERS:
        return f"{_LETTERS[name]}{value}"
    return iso(value) if isinstance(value, float) and _is_time(name) else value


def _is_time(name: str) -> bool:
    return name in ("start", "end", "time", "deadline") or name.endswith("_time")
