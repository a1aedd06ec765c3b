"""The columns of what was asked to be opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from forensics.pseudonyms import PERSON
from forensics.store.unseals import Unseal
from tui import wording
from tui.columns import MOMENT, MOMENT_SHOWN, WIDE
from tui.formatting import Safe, fit, safe
from tui.widgets.row_list import Cell, column

STATE, WHAT = 11, 12


class UnsealColumns:
    """What a request waits for or came to, what it is about, who asked, until when, why."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def head(self, width: int) -> Sequence[Cell]:
        """The column titles in `width` columns."""
        titles = [("STATE", STATE), ("WHAT", WHAT), ("WHO", _who_width(width)), ("UNTIL", MOMENT), ("WHY", 20)]
        return [column(Safe(title), size, "head") for title, size in titles]

    def cells(self, row: Unseal, width: int) -> Sequence[Cell]:
        """One request in `width` columns."""
        state = row.state(self._now())
        lead = [
            column(words(row, self._now()), STATE, "strong" if state in {"asked", "approved"} else "quiet"),
            column(safe(row.subject.removeprefix(PERSON)), WHAT),
            column(safe(row.actor), _who_width(width)),
            column(Safe(wording.moment(row.until)[:MOMENT_SHOWN]), MOMENT, "quiet"),
        ]
        taken = STATE + WHAT + _who_width(width) + MOMENT
        return [*lead, (fit(safe(row.reason), width - taken), "text")]


def words(row: Unseal, now: float) -> Safe:
    """`needs 2`, `needs 1`, `approved`, `opened`, `declined`, `withdrawn`, `over`."""
    lacking = row.lacks(now)
    return Safe(f"needs {lacking}") if lacking else Safe(row.state(now))


def _who_width(columns: int) -> int:
    return 18 if columns >= WIDE else 10
