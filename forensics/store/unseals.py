"""Requests to open kept content as the log tells them: who asked for what and why, who approved, what became of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from forensics.database import Connection
from forensics.sealing.request import Request
from forensics.sealing.shares import THRESHOLD
from forensics.store import convert
from forensics.store import search as language
from forensics.store.access import fetch_all, question
from forensics.store.rows import CustodyRow

REQUESTED, APPROVED, REFUSED, OPENED = "unseal requested", "unseal approved", "unseal refused", "unsealed"
DECLINED, WITHDRAWN = "unseal declined", "unseal withdrawn"
_STEPS = frozenset({APPROVED, REFUSED, OPENED, DECLINED, WITHDRAWN})
_TOLD = re.compile(
    r"(?P<said>.*); sha256 (?P<sha256>[0-9a-f]{64}); until (?P<until>\S+); request (?P<request>[0-9a-f]{32})"
    r"(; key (?P<key>[0-9a-f]{32}))?",
    re.DOTALL,
)
_ACTS = "SELECT id FROM entries WHERE kind = 'C' AND {} AND instr(body, '\"unseal')"


def about(request: Request) -> str:
    """What every step of a request says of it in the log; its own part stands last, whatever the reason says."""
    until = datetime.fromtimestamp(request.until, UTC).isoformat(timespec="seconds")
    return f"{request.reason}; sha256 {request.sha256}; until {until}; request {request.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseal:
    """A request: `id` is that of its entry, `request` its own, times are Unix seconds, `steps` came after it.

    `approved_by` are the custodians whose approvals are noted.
    """

    id: int
    request: str
    subject: str
    sha256: str
    reason: str
    actor: str
    time: float
    until: float
    approved_by: tuple[str, ...]
    steps: tuple[CustodyRow, ...]

    def state(self, now: float) -> str:
        """`asked`, `approved` by two, `opened`, `declined`, `withdrawn`, or `over` in time."""
        done = {step.action for step in self.steps}
        for action, word in ((DECLINED, "declined"), (WITHDRAWN, "withdrawn"), (OPENED, "opened")):
            if action in done:
                return word
        if now > self.until:
            return "over"
        return "approved" if len(self.approved_by) >= THRESHOLD else "asked"

    def lacks(self, now: float) -> int:
        """How many custodians still have to approve; 0 when nothing is waited for."""
        return THRESHOLD - len(self.approved_by) if self.state(now) == "asked" else 0


@question
def unseals(connection: Connection, *, before: int | None = None, limit: int = 200) -> tuple[Unseal, ...]:
    """The requests in the log, newest first, those below the id `before`."""
    top = language.MOST if before is None else before
    among = _ACTS.format("id < ?")
    sql = f"SELECT * FROM acts WHERE id IN ({among}) AND action = ? ORDER BY id DESC LIMIT ?"
    asked = [convert.custody_row(row) for row in fetch_all(connection, sql, [top, REQUESTED, limit])]
    if not asked:
        return ()
    sql = f"SELECT * FROM acts WHERE id IN ({_ACTS.format('id > ?')}) ORDER BY id"
    steps: dict[str, list[tuple[CustodyRow, str]]] = {}
    for row in map(convert.custody_row, fetch_all(connection, sql, [asked[-1].id])):
        told = _TOLD.fullmatch(row.detail)
        if told is not None and row.action in _STEPS:
            steps.setdefault(told["request"], []).append((row, told["key"] or ""))
    return tuple(each for row in asked if (each := _unseal(row, steps)) is not None)


def _unseal(row: CustodyRow, steps: dict[str, list[tuple[CustodyRow, str]]]) -> Unseal | None:
    told = _TOLD.fullmatch(row.detail)
    if told is None:
        return None
    try:
        until = datetime.fromisoformat(told["until"]).timestamp()
    except ValueError:
        return None
    mine = steps.get(told["request"], [])
    return Unseal(
        id=row.id,
        request=told["request"],
        subject=row.subject,
        sha256=told["sha256"],
        reason=told["said"],
        actor=row.actor,
        time=row.time,
        until=until,
        approved_by=tuple({key: step.actor for step, key in mine if step.action == APPROVED}.values()),
        steps=tuple(step for step, _ in mine),
    )
