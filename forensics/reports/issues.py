"""Where every issue stands: issued, opened, returned, withdrawn, recalled; from the register and the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from forensics.database import Connection
from forensics.register.issues import Issues
from forensics.register.terms import HALT, RECALL, WITHDRAWAL, Control, Issued
from forensics.reports.records import iso
from forensics.store.movements import Movement, movements

STATES = ("issued", "opened", "returned", "withdrawn", "recalled")
"""In the order in which a later one takes the place of those before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueState:
    """One issue, what was decided against it, and where it was seen, the oldest first."""

    issue: Issued
    controls: tuple[Control, ...]
    seen: tuple[Movement, ...]
    is_overdue: bool

    @property
    def state(self) -> str:
        """One of STATES."""
        acts = {control.act for control in self.controls}
        if RECALL in acts:
            return "recalled"
        if WITHDRAWAL in acts:
            return "withdrawn"
        if self.last("returned") is not None:
            return "returned"
        return "opened" if self.seen else "issued"

    @property
    def is_open(self) -> bool:
        """Say whether it has not come back."""
        return self.last("returned") is None

    @property
    def is_halted(self) -> bool:
        """Say whether its programme is halted."""
        return any(control.act == HALT for control in self.controls)

    def first(self, kind: str) -> Movement | None:
        """The first sighting of a kind."""
        return next((seen for seen in self.seen if seen.kind == kind), None)

    def last(self, kind: str) -> Movement | None:
        """The last sighting of a kind."""
        return next((seen for seen in reversed(self.seen) if seen.kind == kind), None)

    @property
    def places(self) -> tuple[Movement, ...]:
        """Where it was seen lying or sent, each place once with its last sighting; the sanctioned way is no place."""
        found = {(seen.host, seen.user, seen.place): seen for seen in self.seen if seen.kind != "returned"}
        return tuple(found.values())


def states(
    issues: Issues, issued: Iterable[Issued], evidence: Connection | None, *, now: float
) -> Iterator[IssueState]:
    """Where these issues stand, one after the other. Raises StoreError."""
    package = ""
    seen: tuple[Movement, ...] = ()
    for issue in issued:
        if issue.package != package:
            package, seen = issue.package, movements(evidence, issue.package) if evidence is not None else ()
        has_returned = any(each.kind == "returned" for each in seen)
        yield IssueState(
            issue=issue,
            controls=issues.against([issue]),
            seen=seen,
            is_overdue=bool(issue.due) and issue.due < now and not has_returned,
        )


def record(found: IssueState) -> dict[str, object]:
    """An issue as one JSON object."""
    issue = found.issue
    opened, back = found.first("opened"), found.last("returned")
    return {
        "package": issue.package,
        "programme": issue.programme,
        "recipient": issue.recipient,
        "state": found.state,
        "issued": iso(issue.issued),
        "due": iso(issue.due) if issue.due else None,
        "overdue": found.is_overdue,
        "halted": found.is_halted,
        "consents": len(issue.consents),
        "agreement": issue.agreement,
        "notice": issue.notice,
        "scope": {"languages": list(issue.languages), "purposes": list(issue.purposes)},
        "languages": list(issue.spoken),
        "opened": _seen(opened) if opened is not None else None,
        "returned": {**_seen(back), "way": back.way} if back is not None else None,
        "places": [_seen(each) for each in found.places],
        "decided": [
            {"act": each.act, "about": each.about, "since": iso(each.since), "reason": each.reason}
            for each in found.controls
        ],
    }


def _seen(seen: Movement) -> dict[str, object]:
    return {
        "kind": seen.kind,
        "time": iso(seen.time),
        "host": seen.host,
        "user": seen.user,
        "place": seen.place,
        "evidence": seen.evidence,
    }
