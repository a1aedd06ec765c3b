"""Lists about the evidence: gaps in what could be seen, the chain of custody, sightings without an alert."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from forensics.store.rows import AlertRow, CustodyRow, GapRow, SightingRow
from tui import wording
from tui.formatting import Safe, content, lines, safe

MOST_LINES = 50


def gaps(rows: Sequence[GapRow], *, nothing: Safe) -> Content:
    """One line a gap: when, how long, which sensor, why, how much."""
    return lines([_gap(row) for row in rows]) if rows else content((Safe(f"✓ {nothing}"), "$good"))


def custody(rows: Sequence[CustodyRow]) -> Content:
    """The last entries of the chain on this evidence."""
    return lines([_entry(row) for row in rows[-MOST_LINES:]]) if rows else content((Safe("no entries"), "$quiet"))


def sightings(rows: Sequence[SightingRow]) -> Content:
    """The same content seen without an alert: work copies, sanctioned returns."""
    return lines([_sighting(row) for row in rows[:MOST_LINES]]) if rows else content((Safe("none"), "$quiet"))


def facts(row: AlertRow, now: float) -> Content:
    """When, who, from where, where to, by which channel."""
    actor = f"{wording.person(row.user, row.host)}{f', {safe(row.process)}' if row.process else ''}"
    pairs = [
        ("when", Safe(f"{wording.moment(row.time)}, {wording.ago(now - row.time)}")),
        ("who", Safe(actor)),
        ("from", safe(row.source)),
        ("to", safe(row.destination)),
        ("name", safe(row.name)),
        ("channel", wording.channel(row.channel)),
        ("about", wording.items(row.items)),
        ("why", safe(row.reason)),
    ]
    if row.owner:
        pairs.append(("owner", safe(row.owner)))
    return lines([fact(name, value) for name, value in pairs])


def fact(name: str, value: Safe) -> Content:
    """One named value; `name` is ours."""
    return content((Safe(f"{name:<9}"), "$quiet"), value or (Safe("not known"), "$quiet"))


def _gap(row: GapRow) -> Content:
    length = Safe(f"{row.end - row.start:.0f} s") if row.end > row.start else Safe("a moment")
    amount = wording.size(row.size) if row.unit == "bytes" else Safe(f"{row.size:,} {safe(row.unit)}")
    where = f"{safe(row.sensor)}{f' ({wording.channel(row.channel)})' if row.channel else ''}"
    return content(
        (Safe("! "), "bold $warning"),
        (Safe(f"{wording.moment(row.start)}  {length}  "), "$quiet"),
        Safe(f"{where}: "),
        (safe(row.cause), "bold"),
        Safe(f", {amount}" if row.size >= 0 else ""),
        (Safe(f"  {safe(row.detail)}" if row.detail else ""), "$quiet"),
    )


def _entry(row: CustodyRow) -> Content:
    return content(
        (Safe(f"{wording.moment(row.time)}  "), "$quiet"),
        Safe(f"{safe(row.actor)} "),
        (safe(row.action), "bold"),
        Safe(f" {safe(row.subject)}"),
        (Safe(f"  {safe(row.detail, limit=300)}" if row.detail else ""), "$foreground"),
        (Safe(f"  {safe(row.digest[:12])}"), "$quiet"),
    )


def _sighting(row: SightingRow) -> Content:
    return content(
        (Safe(f"{wording.moment(row.time)}  "), "$quiet"),
        Safe(f"{wording.channel(row.channel)}  {safe(row.name)}"),
        (Safe(f"  {safe(row.reason)}"), "$quiet"),
    )
