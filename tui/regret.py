"""What was decided last, and what takes it back, for half a minute."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from forensics.store.states import Decision
from forensics.store.writer import Store
from tui.formatting import Safe

REGRET_S = 30.0
Deed = Callable[[Store], "Deed | None"]
"""Something written to the store; what it returns takes it back, and takes that back in its turn."""


class Regret:
    """Holds the last decision. `monotonic` counts seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._kept: tuple[Safe, Deed, float] | None = None

    def keep(self, what: Safe, back: Deed) -> None:
        """Remember how to take it back."""
        self._kept = what, back, self._monotonic()

    def take(self) -> tuple[Safe, Deed] | None:
        """The last decision and what takes it back; None when there is none, or its time is over. Forgets it."""
        kept, self._kept = self._kept, None
        if kept is None or self._monotonic() - kept[2] > REGRET_S:
            return None
        return kept[0], kept[1]


def deciding(decisions: Iterable[Decision]) -> Deed:
    """A deed that carries decisions out."""
    carried = tuple(decisions)

    def deed(store: Store) -> Deed:
        return deciding(store.decide(carried))

    return deed


def merging(incident: int, others: Iterable[int]) -> Deed:
    """A deed that puts incidents into one."""
    merged = tuple(others)

    def deed(store: Store) -> Deed:
        act = store.merge_incidents(incident, merged)

        def back(again: Store) -> None:
            again.undo(act)

        return back

    return deed


def splitting(incident: int, alerts: Iterable[int]) -> Deed:
    """A deed that puts some of an incident's alerts into one of their own."""
    chosen = tuple(alerts)

    def deed(store: Store) -> Deed:
        new = store.split_incident(incident, chosen)

        def back(again: Store) -> None:
            again.merge_incidents(incident, [new])

        return back

    return deed
