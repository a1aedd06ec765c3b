"""Canaries of the self-check: issued before they are sent, seen or not. Each step is an act of the log.

The table is made from those acts, so that a sensor's result can be compared with what was issued in one look. A canary
is known by its digest, once: the second sighting of the same bytes is nobody's test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from forensics.database import Connection, Row
from forensics.errors import StoreError
from forensics.store.access import fetch_all, fetch_one, question
from forensics.store.pen import Pen
from forensics.store.texts import restored, stored, stored_time

ISSUED, SEEN, ENDED = "canary issued", "canary seen", "canary ended"
ACTIONS = (ISSUED, SEEN, ENDED)
FACTS: Final = "canary"
"""The name under which an act says what is in the table."""
PLAN: Final = "selfcheck.next"
_SAID = ("channel", "sensor", "destination", "nonce", "sha256", "sent", "due", "seal")
_SIGHT = ("seen", "by", "key", "lack")
_END = ("outcome", "reason", "ended")
COLUMNS = (*_SAID, *_SIGHT, *_END)
NEW: Final[Mapping[str, str | float]] = {
    **dict.fromkeys(("by", "key", "lack", "outcome", "reason"), ""),
    **dict.fromkeys(("seen", "ended"), 0.0),
}
"""What the table says of a canary of which nothing more was said than that it was issued."""
UNDER_WAY, FOUND, MISSED, NOT_SENT, BROKEN_OFF = "", "seen", "missed", "not sent", "broken off"
_SQL = "SELECT c.*, l.agent, l.epoch, l.is_own FROM canaries c JOIN logs l ON l.id = c.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One canary: what was issued, for which sensor and channel, and what became of it.

    Times are Unix seconds; `seen` is 0.0 until it was. `by` are the matchers that knew it again, `lack` says what was
    wrong with the sighting, `key` is the observation's. `outcome` is empty while it is under way.
    """

    id: int = 0
    channel: str
    sensor: str
    destination: str
    nonce: str
    sha256: str
    sent: float
    due: float
    seal: str = ""
    seen: float = 0.0
    by: str = ""
    key: str = ""
    lack: str = ""
    outcome: str = UNDER_WAY
    reason: str = ""
    ended: float = 0.0

    @property
    def said(self) -> tuple[str, ...]:
        """What its seal is made of."""
        times = (f"{self.sent:.3f}", f"{self.due:.3f}")
        return (self.channel, self.sensor, self.destination, self.nonce, self.sha256, *times)

    @property
    def detected_s(self) -> float | None:
        """Seconds from sending to the record of its alert, None where it was not seen."""
        return max(0.0, self.seen - self.sent) if self.seen else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """That a canary was seen: in which observation, known by which matchers, and what was lacking (empty: nothing)."""

    key: str
    by: str
    lack: str


def issue(pen: Pen, canary: Canary) -> int:
    """Write down what is about to be sent; returns the id. Raises StoreError for bytes that were issued before."""
    if pen.connection.execute("SELECT 1 FROM canaries WHERE sha256 = ?", [canary.sha256]).fetchone():
        raise StoreError("these bytes were a canary before")
    seq = pen.log.head.size + 1
    facts = {name: _kept(getattr(canary, name)) for name in _SAID}
    about = f"K:{pen.full_name(pen.log.id, seq)}"
    id = take(pen.connection, pen.log.id, seq, {"action": ISSUED, "about": about, "facts": {FACTS: facts}})
    pen.note(ISSUED, f"K{id}", f"{canary.channel} by {canary.sensor}", about=about, **{FACTS: facts})
    return id


def see(pen: Pen, id: int, sighting: Sighting) -> Canary:
    """Write down that a canary was seen; the first sighting alone is one. Raises StoreError when there was one."""
    row = _row(pen, id)
    if row["seen"]:
        raise StoreError(f"canary K{id} was seen before")
    facts: dict[str, Any] = {name: stored(getattr(sighting, name), 1000) for name in ("by", "key", "lack")}
    facts = {"seen": stored_time(pen.clock()), **facts}
    canary = _act(pen, row, SEEN, facts, sighting.lack or f"known by {sighting.by}")
    if not canary.outcome and not canary.lack and canary.seen <= canary.due:
        return end(pen, id, FOUND)
    return canary


def end(pen: Pen, id: int, outcome: str, reason: str = "") -> Canary:
    """Say what became of a canary; who ended stays as it is. Raises StoreError when there is no such canary."""
    row = _row(pen, id)
    if row["outcome"]:
        return _canary(row)
    facts = {"outcome": outcome, "reason": stored(reason), "ended": stored_time(pen.clock())}
    return _act(pen, row, ENDED, facts, f"{outcome}: {reason}" if reason else outcome)


def take(connection: Connection, log: int, seq: int, act: Mapping[str, Any]) -> int:
    """Put what an act says into the table; returns the id of what was issued."""
    facts = act["facts"][FACTS]
    if act["action"] == ISSUED:
        values = [facts[name] for name in _SAID]
        sql = f"INSERT INTO canaries (log, seq, {', '.join(_SAID)}) VALUES (?, ?{', ?' * len(_SAID)})"
        return int(connection.execute(sql, (log, seq, *values)).lastrowid or 0)
    _, agent, epoch, number = str(act["about"]).split(":")
    names = _SIGHT if act["action"] == SEEN else _END
    changes = ", ".join(f'"{name}" = ?' for name in names)
    connection.execute(
        f"UPDATE canaries SET {changes} WHERE seq = ? AND log = (SELECT id FROM logs WHERE agent = ? AND epoch = ?)",
        (*(facts[name] for name in names), int(number), agent, int(epoch)),
    )
    return 0


def issued(connection: Connection, sha256: str) -> Canary | None:
    """The canary of this agent that has exactly these bytes."""
    own = "c.sha256 = ? AND l.agent = (SELECT agent FROM logs WHERE is_own)"
    row = fetch_one(connection, f"{_SQL} WHERE {own}", [sha256])
    return None if row is None else _canary(row)


@question
def under_way(connection: Connection) -> tuple[Canary, ...]:
    """The canaries of this agent of which nobody said yet what became of them, the oldest first."""
    own = "c.outcome = '' AND l.agent = (SELECT agent FROM logs WHERE is_own)"
    return tuple(_canary(row) for row in fetch_all(connection, f"{_SQL} WHERE {own} ORDER BY c.id"))


@question
def newest(connection: Connection, limit: int) -> tuple[Canary, ...]:
    """The last canaries of this agent, the newest first."""
    own = "l.agent = (SELECT agent FROM logs WHERE is_own)"
    return tuple(
        _canary(row) for row in fetch_all(connection, f"{_SQL} WHERE {own} ORDER BY c.id DESC LIMIT ?", [limit])
    )


@question
def of(connection: Connection, ids: Sequence[int]) -> tuple[Canary, ...]:
    """These canaries, by id."""
    marks = ", ".join("?" * len(ids))
    return tuple(_canary(row) for row in fetch_all(connection, f"{_SQL} WHERE c.id IN ({marks}) ORDER BY c.id", ids))


def plan(connection: Connection, when: float | None) -> None:
    """Note when the next canaries are due, or that none are."""
    if when is None:
        connection.execute("DELETE FROM meta WHERE name = ?", [PLAN])
    else:
        connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [PLAN, f"{when:.3f}"])


@question
def planned(connection: Connection) -> float | None:
    """When the next canaries are due (Unix seconds), None while no monitor plans any."""
    row = fetch_one(connection, "SELECT value FROM meta WHERE name = ?", [PLAN])
    return None if row is None else float(row[0])


def _act(pen: Pen, row: Row, action: str, facts: Mapping[str, Any], words: str) -> Canary:
    about = f"K:{row['agent']}:{row['epoch']}:{row['seq']}"
    take(pen.connection, 0, 0, {"action": action, "about": about, "facts": {FACTS: facts}})
    pen.note(action, f"K{row['id']}", words, about=about, **{FACTS: facts})
    return _canary(_row(pen, row["id"]))


def _row(pen: Pen, id: int) -> Row:
    row: Row | None = pen.connection.execute(f"{_SQL} WHERE c.id = ?", [id]).fetchone()
    if row is None:
        raise StoreError(f"there is no canary K{id}")
    return row


def _kept(value: str | float) -> str | float:
    return stored(value, 1000) if isinstance(value, str) else stored_time(value)


def _canary(row: Row) -> Canary:
    values: dict[str, Any] = {
        name: restored(row[name]) if isinstance(row[name], str) else row[name] for name in COLUMNS
    }
    return Canary(id=row["id"], **values)
