"""Lists about the evidence: gaps in what could be seen, the chain of custody, sightings without an alert."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.model import ByteRange
from forensics.store.rows import AlertRow, CustodyRow, GapRow, SightingRow
from tui import wording
from tui.formatting import Line, Safe, content, line, safe

MOST_LINES = 50
LONGEST_FACT = 500


def gaps(rows: Sequence[GapRow], *, nothing: Safe) -> list[Line]:
    """One line a gap: when, how long, which sensor, why, how much."""
    return [_gap(row) for row in rows] if rows else [line((Safe(f"✓ {nothing}"), "$good"))]


def missing(ranges: Sequence[ByteRange]) -> list[Line]:
    """How many bytes of the content were never seen, and which; nothing where all were."""
    if not ranges:
        return []
    total = wording.size(sum(gap.size for gap in ranges))
    places = ", ".join(f"{gap.start:,}–{gap.end:,}" for gap in ranges[:5])
    return [line((Safe(f"! {total} were never seen: bytes {places}"), "bold $warning"))]


def custody(rows: Sequence[CustodyRow]) -> list[Line]:
    """The last entries of the chain on this evidence."""
    return [_entry(row) for row in rows[-MOST_LINES:]]


def sightings(rows: Sequence[SightingRow]) -> list[Line]:
    """The same content seen without an alert: work copies, sanctioned returns."""
    return [_sighting(row) for row in rows[:MOST_LINES]]


def facts(row: AlertRow | SightingRow, now: float) -> list[Line]:
    """When, who, from where, where to, by which channel; the name only where the addresses do not say it."""
    actor = f"{wording.person(row.user, row.host)}{f', {safe(row.process, limit=LONGEST_FACT)}' if row.process else ''}"
    is_named = any(address.endswith(row.name) for address in (row.source, row.destination))
    pairs = [
        ("when", Safe(f"{wording.moment(row.time)}, {wording.ago(now - row.time)}")),
        ("who", Safe(actor)),
        ("from", safe(row.source, limit=LONGEST_FACT)),
        ("to", safe(row.destination, limit=LONGEST_FACT)),
        *([] if is_named else [("name", safe(row.name, limit=LONGEST_FACT))]),
        ("channel", wording.channel(row.channel)),
        ("about", wording.items(row.items)),
        ("why", safe(row.reason, limit=LONGEST_FACT)),
    ]
    if isinstance(row, AlertRow) and row.owner:
        pairs.append(("owner", safe(row.owner, limit=LONGEST_FACT)))
    return [fact(name, value) for name, value in pairs]


def fact(name: str, value: Safe) -> Line:
    """One named value; `name` is ours."""
    return content((Safe(f"{name:<9}"), "$quiet")), content(value or (Safe("not known"), "$quiet"))


def _gap(row: GapRow) -> Line:
    amount = wording.size(row.size) if row.unit == "bytes" else Safe(f"{row.size:,} {safe(row.unit)}")
    where = safe(row.sensor) or Safe("all channels")
    where = Safe(f"{where} ({wording.channel(row.channel)})") if row.sensor and row.channel else where
    return content((Safe("! "), "bold $warning")), content(
        (Safe(f"{wording.moment(row.start)}, {wording.length(row.end - row.start)}  "), "$quiet"),
        Safe(f"{where}: "),
        (safe(row.cause), "bold"),
        Safe(f", {amount}" if row.size >= 0 else ""),
        (Safe(f"  {safe(row.detail)}" if row.detail else ""), "$quiet"),
    )


def _entry(row: CustodyRow) -> Line:
    return content((Safe(f"{wording.moment(row.time)}  "), "$quiet")), content(
        Safe(f"{safe(row.actor)} "),
        (safe(row.action), "bold"),
        Safe(f" {safe(row.subject)}"),
        (Safe(f"  {safe(row.detail, limit=300)}" if row.detail else ""), "$foreground"),
        (Safe(f"  {safe(row.digest[:12])}"), "$quiet"),
    )


def _sighting(row: SightingRow) -> Line:
    return content((Safe(f"{wording.moment(row.time)}  "), "$quiet")), content(
        Safe(f"{wording.channel(row.channel)}  {safe(row.name)}"),
        (Safe(f"  {safe(row.reason)}"), "$quiet"),
    )
