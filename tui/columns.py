"""The columns of the lists: how an alert, an incident or a search hit becomes one line of a given width."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from forensics.rulebook.measured import RuleFigures
from forensics.rulebook.rule import Rule
from forensics.store.rows import AlertRow, CustodyRow, IncidentRow, SearchHit
from forensics.text_safety import has_hidden
from tui import costing, wording
from tui.formatting import EMPTY, Safe, crop_middle, fit, safe, width
from tui.rulings import RuleRow
from tui.widgets.row_list import Cell, column

WIDE, NARROW = 110, 90
"""Columns from which names are spelt out, and below which an incident's channels and a rule's kind are left out."""
AGE, STATE, OWNER, CHANNEL = 5, 7, 8, 10
ROOM_FOR_PLACE = 14
KIND, STATUS, COUNT = 9, 9, 7
MOMENT, MOMENT_SHOWN, DEED, SUBJECT = 22, 20, 12, 9
DEAR = 3.0
"""A rule that costs so many times what the reference does stands out."""
WEIGHT = {"new": "strong", "acknowledged": "text", "closed": "quiet"}
"""A row says by its weight, besides its word, whether it still waits for somebody."""


class AlertColumns:
    """Severity, age, state, channel, who, what left and where to."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def head(self, width: int) -> Sequence[Cell]:
        """The column titles in `width` columns."""
        who = _who_width(width)
        state = _state_width(width)
        titles = [("SEV", 4), ("AGE", AGE), ("STATE", state), ("CHANNEL", CHANNEL), ("WHO", who), ("WHAT LEFT", 20)]
        return [column(Safe(title), size, "head") for title, size in titles]

    def cells(self, row: AlertRow, width: int) -> Sequence[Cell]:
        """One alert in `width` columns."""
        weight = WEIGHT.get(row.state, "text")
        lead = [
            *_severity(row.severity, row.state),
            column(wording.age(self._now() - row.time), AGE, "quiet"),
            column(_state(row.state, row.owner, width), _state_width(width), weight),
            column(wording.channel(row.channel), CHANNEL, "quiet" if weight == "quiet" else "text"),
            column(_who(row.user, row.host, width), _who_width(width), "quiet" if weight == "quiet" else "text"),
        ]
        rest = width - sum(_length(cell) for cell in lead)
        flag = has_hidden(row.name)
        return lead + _what(safe(row.title), weight, wording.place(row.destination), rest, is_flagged=flag)


class IncidentColumns:
    """Severity, age of the latest alert, state, how many alerts, channels (where there is room), who, what left."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def head(self, width: int) -> Sequence[Cell]:
        """The column titles in `width` columns."""
        ways = [("CHANNEL", _channels_width(width))] if width >= NARROW else []
        titles = [("SEV", 4), ("AGE", AGE), ("STATE", _state_width(width)), ("N", 3), *ways, ("WHO", self._who(width))]
        return [column(Safe(title), size, "head") for title, size in (*titles, ("WHAT LEFT", 20))]

    def cells(self, row: IncidentRow, width: int) -> Sequence[Cell]:
        """One incident in `width` columns."""
        weight = WEIGHT.get(row.state, "text")
        calm = "quiet" if weight == "quiet" else "text"
        lead = [
            *_severity(row.severity, row.state),
            column(wording.age(self._now() - row.last_time), AGE, "quiet"),
            column(_state(row.state, row.owner, width), _state_width(width), weight),
            column(Safe(str(min(row.alert_count, 99))), 3, weight),
        ]
        if width >= NARROW:
            ways = _channels_width(width)
            lead.append(column(_channels(row.channels, ways - 1), ways, calm))
        lead.append(column(_who(row.user, row.host, width), self._who(width), calm))
        rest = width - sum(_length(cell) for cell in lead)
        return lead + _what(safe(row.title), weight, EMPTY, rest, is_flagged=False)

    @staticmethod
    def _who(width: int) -> int:
        return _who_width(width) if width >= NARROW else 10


class HitColumns:
    """Severity, age, kind, channel, what, and the passage that answered the query."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def head(self, width: int) -> Sequence[Cell]:
        """The column titles in `width` columns."""
        titles = [("SEV", 4), ("AGE", AGE), ("KIND", 6), ("CHANNEL", CHANNEL), ("WHAT", 20)]
        return [column(Safe(title), size, "head") for title, size in titles]

    def cells(self, row: SearchHit, width: int) -> Sequence[Cell]:
        """One hit in `width` columns."""
        is_alert = row.kind == "alert"
        severity = _severity(row.severity, "new") if is_alert else [(Safe("    "), "text")]
        lead = [
            *severity,
            column(wording.age(self._now() - row.time), AGE, "quiet"),
            column(Safe("alert") if is_alert else Safe("seen"), 6, "text" if is_alert else "quiet"),
            column(wording.channel(row.channel), CHANNEL),
        ]
        rest = width - sum(_length(cell) for cell in lead)
        title, passage = safe(row.title or row.name), safe(row.snippet or row.name)
        if not is_alert:
            title, passage = safe(row.name), safe(row.title or row.snippet)
        size = min(_length((title, "")), rest * 3 // 5)
        cells = [*lead, (fit(title, size), "strong" if is_alert else "text")]
        return cells if passage == title else [*cells, (fit(Safe(f"  {passage}"), rest - size), "quiet")]


class CustodyColumns:
    """When, who, what was done to what, and in which words."""

    def head(self, width: int) -> Sequence[Cell]:
        """The column titles in `width` columns."""
        titles = [("WHEN", MOMENT), ("WHO", _actor_width(width)), ("DID", DEED), ("TO", SUBJECT)]
        return [column(Safe(title), size, "head") for title, size in (*titles, ("WHAT", 20))]

    def cells(self, row: CustodyRow, width: int) -> Sequence[Cell]:
        """One entry in `width` columns."""
        lead = [
            column(Safe(wording.moment(row.time)[:MOMENT_SHOWN]), MOMENT, "quiet"),
            column(safe(row.actor), _actor_width(width)),
            column(safe(row.action), DEED, "strong"),
            column(safe(row.subject), SUBJECT),
        ]
        return [*lead, (fit(safe(row.detail), width - sum(_length(cell) for cell in lead)), "quiet")]


class RuleColumns:
    """Severity, id, kind (where there is room), status, how often it found something and was too broad, cost, title.

    `cost` answers with a rule's figures of the last bench.
    """

    def __init__(self, cost: Callable[[Rule], RuleFigures | None] = lambda _: None) -> None:
        self._cost = cost

    def head(self, width: int) -> Sequence[Cell]:
        """The column titles in `width` columns."""
        kind = [("KIND", KIND)] if width >= NARROW else []
        titles = [("SEV", 4), ("RULE", _rule_width(width)), *kind, ("STATUS", STATUS)]
        return [
            *(column(Safe(title), size, "head") for title, size in titles),
            column(Safe(f"{'FOUND':>{COUNT - 1}}"), COUNT, "head"),
            column(Safe(f"{'BROAD':>{COUNT - 1}}"), COUNT, "head"),
            column(Safe(f"{'COST':>{COUNT - 1}}"), COUNT, "head"),
            column(Safe("TITLE"), 20, "head"),
        ]

    def cells(self, row: RuleRow, width: int) -> Sequence[Cell]:
        """One rule in `width` columns."""
        is_active = row.rule.is_active
        figures = self._cost(row.rule)
        is_dear = figures is not None and (bool(figures.problem) or (figures.ratio or 0.0) >= DEAR)
        lead = [
            *_severity(row.rule.severity, "new" if is_active else "closed"),
            column(safe(row.rule.id), _rule_width(width), "strong" if is_active else "quiet"),
            *([column(safe(row.rule.kind), KIND, "quiet")] if width >= NARROW else []),
            column(safe(row.rule.status), STATUS, "quiet" if is_active else "text"),
            column(Safe(f"{row.hits:>{COUNT - 1},}"), COUNT, "text" if row.hits else "quiet"),
            column(Safe(f"{row.broad:>{COUNT - 1},}"), COUNT, "medium" if row.broad else "quiet"),
            column(Safe(f"{costing.short(figures):>{COUNT - 1}}"), COUNT, "medium" if is_dear else "quiet"),
        ]
        return [*lead, (fit(safe(row.rule.title), width - sum(_length(cell) for cell in lead)), "text")]


def _rule_width(columns: int) -> int:
    return 30 if columns >= WIDE else 24


def _actor_width(columns: int) -> int:
    return 18 if columns >= WIDE else 10


def _state(state: str, owner: str, columns: int) -> Safe:
    """The state, and where there is room whose it is."""
    words = wording.STATES.get(state) or safe(state)
    return Safe(f"{words} {safe(owner)}") if owner and columns >= WIDE else words


def _state_width(columns: int) -> int:
    return STATE + OWNER if columns >= WIDE else STATE


def _severity(severity: str, state: str) -> list[Cell]:
    letter = wording.LETTERS.get(severity, Safe("?"))
    style = "quiet" if state == "closed" else str(severity)
    return [(Safe(f" {letter} "), style), (Safe(" "), "text")]


def _what(title: Safe, weight: str, place: Safe, rest: int, *, is_flagged: bool) -> list[Cell]:
    cells: list[Cell] = [(Safe("⚑ "), "medium")] if is_flagged else []
    rest -= sum(_length(cell) for cell in cells)
    size = min(width(title), rest)
    cells.append((fit(title, size), weight))
    if place and rest - size >= ROOM_FOR_PLACE:
        cells.append((fit(Safe(f"  → {crop_middle(place, rest - size - 4)}"), rest - size), "quiet"))
    return cells


def _who(user: str, host: str, columns: int) -> Safe:
    return wording.person(user, host) if columns >= WIDE or not user else safe(user)


def _who_width(columns: int) -> int:
    return 21 if columns >= WIDE else 12


def _channels_width(columns: int) -> int:
    return 20 if columns >= WIDE else 12


def _channels(names: Sequence[str], columns: int) -> Safe:
    """As many channels as fit, then how many more."""
    words = [wording.channel(name) for name in names]
    for shown in range(len(words), 1, -1):
        more = f"+{len(words) - shown}" if shown < len(words) else ""
        text = Safe(", ".join(words[:shown]) + more)
        if width(text) <= columns:
            return text
    return Safe(words[0] + (f"+{len(words) - 1}" if len(words) > 1 else "")) if words else EMPTY


def _length(cell: Cell) -> int:
    return width(cell[0])
