"""How each sensor does: its heartbeat, how far behind it is, what it lost, of what budget, and its last canaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forensics.database import Connection
from forensics.store import reader, standing
from forensics.store.access import fetch_all, question
from forensics.store.canaries import FOUND
from forensics.store.rows import SensorRow
from forensics.store.standing import SILENT_S, Standing
from forensics.store.texts import restored

DAY_S = 86_400.0
ALLOWED = "_allowed"
"""A counter of a heartbeat with this at its end says how much of another is allowed: together they are a budget."""
BUDGETS: Mapping[str, tuple[str, str, int]] = {
    "cpu_percent": ("processor", "%", 1),
    "read_kib_s": ("reading", "MiB/s", 1024),
    "ring_kib": ("ring", "MiB", 1024),
}
"""What a budget is of, in which unit, and how many of the counter's make one."""
_SHOWN_APART = ("lag_s", "dropped", "gaps")
WELL, RESTING = ("running", "starting"), ("stopped", "ended")
SILENT, ENDED = "silent", "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How much of a budget was used in the last minute, or is used (of room), in `unit`."""

    what: str
    used: float
    allowed: float
    unit: str

    @property
    def words(self) -> str:
        """Both figures: `reading 3.1 of 200 MiB/s`."""
        return f"{self.what} {_figure(self.used)} of {_figure(self.allowed)} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensing:
    """One sensor. `gaps` touch the last day; `canaries` stand for the ways it watches; `lag_s` None: it does not say.

    `state` is the heartbeat's, or silent (none came for SILENT_S), or ended (a monitor that began since is without it).
    `is_well` says whether nobody need look at it.
    """

    row: SensorRow
    state: str
    is_well: bool
    gaps: int = 0
    canaries: tuple[Standing, ...] = ()

    @property
    def lag_s(self) -> int | None:
        """For how long the oldest of what it noticed waits to be recorded, in seconds."""
        return self.row.counters.get("lag_s")

    @property
    def dropped(self) -> int | None:
        """Packets that the kernel dropped since the monitor began; None for what has no packets."""
        return self.row.counters.get("dropped")

    @property
    def canary_words(self) -> tuple[tuple[str, Standing], ...]:
        """What became of the last canaries, those that were seen in one; with each the newest of those it tells of."""
        seen = sorted((each for each in self.canaries if each.last.outcome == FOUND), key=lambda each: each.last.sent)
        words = [(f"canary by {each.channel} {each.last.outcome or 'under way'}", each) for each in self.canaries]
        told = [each for each in words if each[1].last.outcome != FOUND]
        if seen:
            slowest = max(each.last.detected_s or 0.0 for each in seen)
            amount = "canary" if len(seen) == 1 else f"{len(seen)} canaries"
            told.append((f"{amount} seen within {slowest:.1f} s", seen[-1]))
        return tuple(told)

    @property
    def uses(self) -> tuple[Use, ...]:
        """What it used of its budgets."""
        counters = self.row.counters
        names = (name.removesuffix(ALLOWED) for name in counters if name.endswith(ALLOWED))
        return tuple(_use(name, counters) for name in names if counters[f"{name}{ALLOWED}"] > 0)

    @property
    def counted(self) -> dict[str, int]:
        """The other counters, by name."""
        counters = self.row.counters
        budgets = {name.removesuffix(ALLOWED) for name in counters if name.endswith(ALLOWED)}
        apart = {*_SHOWN_APART, *budgets, *(f"{name}{ALLOWED}" for name in budgets)}
        return {name: count for name, count in sorted(counters.items()) if name not in apart}


@question
def sensing(connection: Connection, now: float) -> tuple[Sensing, ...]:
    """Every sensor of this store, those to look at first. `now` in Unix seconds. Raises StoreError."""
    canaries = standing.selfcheck(connection).standings
    return judged(reader.sensors(connection), now, gaps=gaps_of_late(connection, now), canaries=canaries)


@question
def gaps_of_late(connection: Connection, now: float) -> dict[str, int]:
    """How many gaps touch the last day, by the sensor they name. Raises StoreError."""
    sql = 'SELECT sensor, count(*) AS count FROM gaps WHERE "end" >= ? GROUP BY sensor'
    return {restored(row["sensor"]): int(row["count"]) for row in fetch_all(connection, sql, [now - DAY_S])}


def judged(
    rows: Sequence[SensorRow], now: float, *, gaps: Mapping[str, int] | None = None, canaries: Sequence[Standing] = ()
) -> tuple[Sensing, ...]:
    """What the heartbeats say at `now`, those to look at first. `gaps` are counted by the sensor they name."""
    states = [(row, state(row, now)) for row in rows]
    is_watched = any(each in WELL or each == "degraded" for _, each in states)
    found = [
        Sensing(
            row=row,
            state=each,
            is_well=each in WELL or (is_watched and each in RESTING and not row.detail),
            gaps=sum(count for name, count in (gaps or {}).items() if _is_of(row.sensor, name)),
            canaries=tuple(canary for canary in canaries if canary.sensor == row.sensor),
        )
        for row, each in states
    ]
    return tuple(sorted(found, key=lambda each: (each.is_well, each.state in RESTING, each.row.sensor)))


def state(row: SensorRow, now: float) -> str:
    """The state of a sensor at `now`, as `Sensing` has it."""
    if row.state == "stopped":
        return row.state
    if not row.is_open:
        return ENDED
    return SILENT if now - row.time > SILENT_S else row.state


def _use(name: str, counters: Mapping[str, int]) -> Use:
    what, unit, size = BUDGETS.get(name, (name.replace("_", " "), "", 1))
    return Use(what=what, used=counters.get(name, 0) / size, allowed=counters[f"{name}{ALLOWED}"] / size, unit=unit)


def _figure(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 or number == int(number) else f"{number:.1f}"


def _is_of(sensor: str, name: str) -> bool:
    """Say whether a gap under a name is one of this sensor: what befell `files` befell every `files:...`."""
    return sensor == name or sensor.startswith(f"{name}:")
