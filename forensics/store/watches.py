"""The runs of sensors: a heartbeat makes the run it belongs to longer, or begins another one.

A run is one sensor of one process in one state without a missed beat and without a clock that was set. Runs stand in a
table that grows with what happens, not with time; acts of the log ("watched") say what each was when it ended, and
once an hour while it lasts.
"""

from __future__ import annotations

import math
from functools import lru_cache

from forensics.database import Connection, Row
from forensics.model import BEAT_S, SensorHealth
from forensics.store import convert
from forensics.store.access import fetch_all, question
from forensics.store.packing import packed_json
from forensics.store.pen import Pen
from forensics.store.rows import WatchRow
from forensics.store.texts import stored, stored_count, stored_time

MISSED_S = 3 * BEAT_S
"""A beat that comes later than this after the one before was missed."""
STEP_S = 1.0
"""What the time of day may gain or lose between two beats, as time servers correct it."""
TELL_EVERY_S = 3600.0
ACTION = "watched"
STOPPED = "stopped"
_NAMES = ("sensor", "kind", "channels", "limit", "process", "state", "opened", "first", "first_boot", "before")
_GROWING = ("last", "last_boot", "beats", "after", "detail")
FACTS = (*_NAMES, *_GROWING)
"""What an act says of a run."""
_OPEN = "SELECT * FROM watches WHERE sensor = ? AND process = ? AND is_open"
_EXTEND = "UPDATE watches SET last = ?1, last_boot = ?2, beats = beats + 1, after = ?3, detail = ?4 WHERE "
_AS_EVER = (
    f'{_EXTEND} sensor = ?5 AND process = ?6 AND is_open AND state = ?7 AND channels = ?8 AND "limit" = ?9'
    f" AND ?1 - told < {TELL_EVERY_S} AND ?2 - last_boot <= {MISSED_S}"
    f" AND abs(?1 - last - ?2 + last_boot) <= {STEP_S}"
)
"""What nearly every beat comes to, in one statement."""


def beat(pen: Pen, health: SensorHealth, process: str) -> None:
    """Note a heartbeat. Call inside a transaction."""
    execute = pen.connection.execute
    now = (stored_time(health.time), health.boot, _counters(health), stored(health.detail))
    whose = (stored(health.sensor, 500), stored(process, 200))
    if execute(_AS_EVER, (*now, *whose, *_nature(health))).rowcount:
        return
    run = execute(_OPEN, whose).fetchone()
    why = "" if run is None else _why_not_the_same(run, health)
    if run is None or why:
        _begin(pen, health, process, run, why)
        return
    execute(f"{_EXTEND} id = ?5", (*now, run["id"]))
    if health.time - run["told"] >= TELL_EVERY_S:
        _tell(pen, run["id"])


def _why_not_the_same(run: Row, health: SensorHealth) -> str:
    """Why a beat does not belong to the run of its sensor and process that is open; empty when it does."""
    is_same = (run["state"], run["channels"], run["limit"]) == _nature(health)
    passed_s = health.boot - run["last_boot"]
    set_by_s = (health.time - run["last"]) - passed_s
    if is_same and health.state == STOPPED:
        return ""
    if passed_s > MISSED_S:
        return "silence"
    if abs(set_by_s) > STEP_S:
        return "clock"
    return "" if is_same else "state"


def _begin(pen: Pen, health: SensorHealth, process: str, run: Row | None, why: str) -> None:
    """End the runs that this beat ends (its own, and those of processes that are gone) and begin another."""
    execute = pen.connection.execute
    stale = execute(
        "SELECT id FROM watches WHERE is_open AND (id = ? OR process != ? AND last < ?)",
        (run["id"] if run is not None else 0, stored(process, 200), health.time - MISSED_S),
    ).fetchall()
    for (id,) in stale:
        execute("UPDATE watches SET is_open = 0 WHERE id = ?", [id])
        _tell(pen, id)
    known = execute("SELECT 1 FROM watches WHERE sensor = ? LIMIT 1", [stored(health.sensor, 500)]).fetchone()
    state, channels, limit = _nature(health)
    counters, time = _counters(health), stored_time(health.time)
    pen.add(
        "watches",
        {
            "log": pen.log.id,
            "sensor": stored(health.sensor, 500),
            "kind": stored(health.kind, 100),
            "channels": channels,
            "limit": limit,
            "process": stored(process, 200),
            "state": state,
            "opened": why or ("start" if known is None else "process"),
            "first": time,
            "first_boot": health.boot,
            "last": time,
            "last_boot": health.boot,
            "beats": 1,
            "before": counters,
            "after": counters,
            "detail": stored(health.detail),
            "told": time,
            "is_open": 1,
        },
    )


def _nature(health: SensorHealth) -> tuple[str, str, str]:
    """What stays the same in a run: state, channels and limit, as they are stored."""
    return stored(health.state, 100), _packed(health.channels), stored(health.limit, 500)


@lru_cache(maxsize=64)
def _packed(channels: tuple[str, ...]) -> str:
    return packed_json([stored(channel, 100) for channel in channels])


def _counters(health: SensorHealth) -> str:
    return packed_json({stored(name, 200): stored_count(count) for name, count in health.counters.items()})


def _tell(pen: Pen, id: int) -> None:
    """Have the log say what a run is by now."""
    run = pen.connection.execute("SELECT * FROM watches WHERE id = ?", [id]).fetchone()
    facts = {name: run[name] for name in FACTS} | {"is_open": run["is_open"]}
    name = pen.full_name(run["log"], id)
    detail = f"{run['state']}, {run['beats']} beats"
    pen.note(ACTION, run["sensor"], detail, about=f"W:{name}", watch=facts)
    pen.connection.execute("UPDATE watches SET told = last WHERE id = ?", [id])


@question
def runs(connection: Connection, *, since: float = 0.0, until: float = math.inf) -> tuple[WatchRow, ...]:
    """The runs of this store's own sensors that say something of the interval, oldest first by sensor.

    Of each sensor also the last run before it, for it may have ended by falling silent. Raises StoreError.
    """
    sql = (
        "SELECT * FROM watches WHERE last >= ? AND first <= ? UNION"
        " SELECT * FROM watches WHERE id IN (SELECT max(id) FROM watches WHERE last < ? GROUP BY sensor)"
        " ORDER BY sensor, id"
    )
    return tuple(convert.watch_row(row) for row in fetch_all(connection, sql, [since, until, since]))
