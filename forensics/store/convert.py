"""From the database's rows to the store's; the one place that knows how columns are packed."""

from __future__ import annotations

import json
from typing import Any

from forensics.database import Row
from forensics.model import AlertState, ByteRange, Excerpt, OutcomeKind, Severity
from forensics.store.rows import (
    AlertRow,
    ArtifactRow,
    CustodyRow,
    GapRow,
    IncidentRow,
    MatchRow,
    OpaqueRow,
    SensorRow,
    SightingRow,
    WatchRow,
)
from forensics.store.sounds import unpacked_sound
from forensics.store.texts import restored


def alert_row(row: Row) -> AlertRow:
    """A row of `observations` that has an alert."""
    return AlertRow(
        id=row["alert"],
        incident_id=row["incident"],
        time=row["time"],
        severity=Severity(row["severity"]),
        title=restored(row["title"]),
        reason=restored(row["reason"]),
        state=AlertState(row["state"]),
        owner=restored(row["owner"]),
        channel=row["channel"],
        name=restored(row["name"]),
        host=restored(row["host"]),
        user=restored(row["user"]),
        process=restored(row["process"]),
        source=restored(row["source"]),
        destination=restored(row["destination"]),
        items=text_list(row["items"]),
    )


def incident_row(row: Row, items: tuple[str, ...]) -> IncidentRow:
    """A row of `incidents` with its `latest` alert."""
    return IncidentRow(
        id=row["id"],
        latest_alert=row["latest"],
        title=restored(row["title"]),
        severity=Severity(row["severity"]),
        state=AlertState(row["state"]),
        owner=restored(row["owner"]),
        alert_count=row["alert_count"],
        first_time=row["first_time"],
        last_time=row["last_time"],
        host=restored(row["host"]),
        user=restored(row["user"]),
        items=items,
        channels=text_list(row["channels"]),
    )


def sighting_row(row: Row) -> SightingRow:
    """A row of `observations`."""
    return SightingRow(
        id=row["id"],
        alert_id=row["alert"],
        time=row["time"],
        channel=row["channel"],
        name=restored(row["name"]),
        is_leaving=bool(row["is_leaving"]),
        host=restored(row["host"]),
        user=restored(row["user"]),
        process=restored(row["process"]),
        source=restored(row["source"]),
        destination=restored(row["destination"]),
        reason=restored(row["reason"]),
        items=text_list(row["items"]),
    )


def artifact_row(row: Row) -> ArtifactRow:
    """A row of `artifacts` with `is_kept`."""
    return ArtifactRow(
        id=row["number"],
        number=row["number"],
        parent=row["parent"],
        path=text_list(row["path"]),
        media_type=restored(row["media_type"]),
        size=row["size"],
        sha256=row["sha256"],
        outcome=OutcomeKind(row["outcome"]),
        reason=restored(row["reason"]),
        facts={restored(key): restored(value) for key, value in json.loads(row["facts"]).items()},
        is_kept=bool(row["is_kept"]),
    )


def match_row(row: Row) -> MatchRow:
    """A row of `matches`."""
    return MatchRow(
        id=row["number"],
        artifact_number=row["artifact"],
        rule=restored(row["rule"]),
        matcher=restored(row["matcher"]),
        item=restored(row["item"]),
        package=restored(row["package"]),
        score=row["score"],
        accepted=bool(row["accepted"]),
        severity=Severity(row["severity"]),
        title=restored(row["title"]),
        category=restored(row["category"]),
        technique=restored(row["technique"]),
        query_start_s=row["query_start_s"],
        clip_start_s=row["clip_start_s"],
        duration_s=row["duration_s"],
        speed=row["speed"],
        why=tuple(_excerpt(values) for values in json.loads(row["why"])),
        programme=restored(row["programme"]),
        sound=unpacked_sound(row["sound"]) if row["sound"] else None,
    )


def gap_row(row: Row) -> GapRow:
    """A row of `gaps`."""
    return GapRow(
        id=row["id"],
        sensor=restored(row["sensor"]),
        channel=restored(row["channel"]),
        start=row["start"],
        end=row["end"],
        cause=restored(row["cause"]),
        size=row["size"],
        unit=row["unit"],
        detail=restored(row["detail"]),
    )


def opaque_row(row: Row) -> OpaqueRow:
    """A row of `opaque`."""
    facts = json.loads(row["facts"])
    return OpaqueRow(
        id=row["id"],
        start=row["start"],
        end=row["end"],
        protocol=row["protocol"],
        name=restored(row["name"]),
        source=row["source"],
        destination=row["destination"],
        up=row["up"],
        down=row["down"],
        host=restored(row["host"]),
        user=restored(row["user"]),
        process=restored(row["process"]),
        pid=row["pid"],
        method=row["method"],
        facts={restored(name): restored(value) for name, value in facts.items()},
    )


def sensor_row(row: Row) -> SensorRow:
    """A row of `sensors`."""
    return SensorRow(
        sensor=restored(row["sensor"]),
        kind=row["kind"],
        state=row["state"],
        time=row["time"],
        counters=json.loads(row["counters"]),
        detail=restored(row["detail"]),
        is_open=bool(row["is_open"]),
    )


def watch_row(row: Row) -> WatchRow:
    """A row of `watches`."""
    return WatchRow(
        id=row["id"],
        sensor=restored(row["sensor"]),
        kind=restored(row["kind"]),
        channels=text_list(row["channels"]),
        limit=restored(row["limit"]),
        process=row["process"],
        state=restored(row["state"]),
        opened=row["opened"],
        first=row["first"],
        first_boot=row["first_boot"],
        last=row["last"],
        last_boot=row["last_boot"],
        beats=row["beats"],
        before=json.loads(row["before"]),
        after=json.loads(row["after"]),
        detail=restored(row["detail"]),
        is_open=bool(row["is_open"]),
    )


def custody_row(row: Row) -> CustodyRow:
    """A row of `custody`."""
    return CustodyRow(
        id=row["id"],
        time=row["time"],
        actor=restored(row["actor"]),
        action=restored(row["action"]),
        subject=restored(row["subject"]),
        detail=restored(row["detail"]),
        digest=row["digest"],
    )


def text_list(packed: str) -> tuple[str, ...]:
    """A JSON list of texts."""
    return tuple(restored(text) for text in json.loads(packed))


def range_list(packed: str) -> tuple[ByteRange, ...]:
    """A JSON list of `[start, end]`."""
    return tuple(ByteRange(start=start, end=end) for start, end in json.loads(packed))


def _excerpt(values: list[Any]) -> Excerpt:
    kind, label, offset, length, text = values
    return Excerpt(kind=restored(kind), label=restored(label), offset=offset, length=length, text=restored(text))
