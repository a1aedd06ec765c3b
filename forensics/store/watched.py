"""Whether the runs of sensors are those that the log speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from forensics.database import Connection, Row
from forensics.store.watches import FACTS, MISSED_S, TELL_EVERY_S

_GROWN = ("last", "last_boot", "beats", "after", "detail")
SLACK_S = 2 * MISSED_S
"""By how much the hourly act may be late."""


def breaks(connection: Connection, told: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """(run, what is wrong with it), by the last act of each run (`W:agent:epoch:id`, its facts)."""
    missing = dict(told)
    own = connection.execute("SELECT agent, epoch FROM logs WHERE is_own").fetchone()
    sql = "SELECT w.*, l.agent, l.epoch FROM watches w LEFT JOIN logs l ON l.id = w.log ORDER BY w.id"
    for row in connection.execute(sql):
        name = f"W:{row['agent']}:{row['epoch']}:{row['id']}"
        wrong = _wrong(row, missing.pop(name, None))
        if wrong:
            yield f"watch {row['id']} of {row['sensor']}", wrong
    for name in missing:
        if own is not None and name.startswith(f"W:{own['agent']}:{own['epoch']}:"):
            yield name, "recorded, but no longer there"


def _wrong(row: Row, said: Mapping[str, Any] | None) -> str:
    """What is wrong with a run, given the last that the log says of it; empty for nothing."""
    if said is None:
        if row["process"] == "" and row["channels"] == "[]":
            return ""  # of an Earwitness that kept one heartbeat of each sensor; it says nothing of any channel
        if not row["is_open"]:
            return "no entry speaks of it"
        said = {name: row[name] for name in FACTS} | {"last": row["first"], "is_open": 1}
    is_over = not said.get("is_open", 1)
    names = FACTS if is_over else tuple(name for name in FACTS if name not in _GROWN)
    if any(row[name] != said.get(name) for name in names) or (is_over and row["is_open"]):
        return "not as it was recorded"
    if not is_over and not row["is_open"]:
        return "it is over, but no entry says so"
    if row["last"] < said["last"] or (
        row["state"] != "stopped" and row["last"] - said["last"] > TELL_EVERY_S + SLACK_S
    ):
        return "it did not last as long as it says"
    return ""
