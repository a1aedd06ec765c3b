"""What is done about cases, each as a deed that can be taken back; only a note stands for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from forensics.errors import StoreError
from forensics.store.caseload import CaseRow, TaskRow
from forensics.store.cases import DROPPED
from forensics.store.casework import Joined, Member
from forensics.store.tasks import Task
from forensics.store.writer import Store
from tui.regret import Deed


def turning(do: Callable[[Store], object], back: Callable[[Store], object]) -> Deed:
    """A deed that another takes back, which it takes back in its turn."""

    def deed(store: Store) -> Deed:
        do(store)
        return turning(back, do)

    return deed


def opening(title: str, members: Sequence[Member], owner: str) -> Deed:
    """Open a case with what is escalated; taken back it is closed as a mistake, and holds nothing."""

    def deed(store: Store) -> Deed:
        return _taking_back(store.cases.begin(title, members, owner=owner), members, is_whole=True)

    return deed


def adding(case: int, members: Sequence[Member]) -> Deed:
    """Put what is escalated into a case. Raises StoreError where all of it is there."""

    def deed(store: Store) -> Deed:
        joined = store.cases.add(case, members)
        if not joined.members:
            raise StoreError(f"it is in case-{case} already")
        return _taking_back(joined, members, is_whole=False)

    return deed


def removing(case: int, member: Member) -> Deed:
    """Take something out of a case."""
    return turning(
        lambda store: store.cases.remove(case, [member]),
        lambda store: store.cases.add(case, [member]),
    )


def noting(case: int, text: str) -> Deed:
    """Write a note."""

    def deed(store: Store) -> None:
        store.cases.note(case, text)

    return deed


def setting(case: int, task: Task) -> Deed:
    """Set a task; taken back it is dropped."""

    def deed(store: Store) -> Deed:
        id = store.cases.set_task(case, task)
        return turning(
            lambda again: again.cases.turn_task(id, DROPPED), lambda again: again.cases.turn_task(id, "open")
        )

    return deed


def ticking(task: TaskRow, state: str) -> Deed:
    """Say what became of a task."""
    return turning(
        lambda store: store.cases.turn_task(task.id, state),
        lambda store: store.cases.turn_task(task.id, task.state),
    )


def assigning(case: CaseRow, owner: str) -> Deed:
    """Give a case to somebody."""
    return turning(
        lambda store: store.cases.assign(case.id, owner),
        lambda store: store.cases.assign(case.id, case.owner),
    )


def closing(case: int, disposition: str, reason: str) -> Deed:
    """Close a case."""
    return turning(
        lambda store: store.cases.close(case, disposition, reason),
        lambda store: store.cases.reopen(case, "taken back"),
    )


def reopening(case: CaseRow) -> Deed:
    """Open a case again."""
    return turning(
        lambda store: store.cases.reopen(case.id),
        lambda store: store.cases.close(case.id, case.disposition, case.reason),
    )


def _taking_back(joined: Joined, members: Sequence[Member], *, is_whole: bool) -> Deed:
    def deed(store: Store) -> Deed:
        store.cases.take_back(joined, is_whole=is_whole)

        def again(later: Store) -> Deed:
            if is_whole:
                later.cases.reopen(joined.case, "taken back")
            return _taking_back(later.cases.add(joined.case, members), members, is_whole=is_whole)

        return again

    return deed
