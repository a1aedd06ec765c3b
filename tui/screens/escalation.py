"""Escalates what a decision is about to a case: asks which, and has it written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from forensics.database import Connection
from forensics.store import caseload
from forensics.store.caseload import CaseRow
from forensics.store.cases import OPEN
from forensics.store.casework import Member
from tui.casework import adding, opening
from tui.formatting import Safe, headline
from tui.regret import Deed
from tui.screens.console import ConsoleScreen
from tui.widgets.escalate_dialog import EscalateDialog, Escalating

MOST_OFFERED = 50
MOST_NAMED = 4


def escalate(
    screen: ConsoleScreen, what: Safe, title: str, members: Sequence[Member], write: Callable[[str, Deed], None]
) -> None:
    """Ask which case, the newest open ones offered, and `write` it; `what` names what is escalated."""

    def offer(found: tuple[Sequence[CaseRow], Safe]) -> None:
        rows, known = found
        screen.app.push_screen(EscalateDialog(what, headline(title), rows, known), finish)

    def finish(chosen: Escalating | None) -> None:
        if chosen is not None and chosen.case is not None:
            write(f"{what} escalated to case-{chosen.case}", adding(chosen.case, members))
        elif chosen is not None:
            write(f"{what} escalated to a new case", opening(chosen.title, members, screen.desk.role.actor))

    screen.desk.feed.ask(
        screen,
        "escalate",
        lambda connection: (caseload.listed(connection, state=OPEN, limit=MOST_OFFERED), _known(connection, members)),
        offer,
        lambda words: screen.notify(words, severity="warning", markup=False),
    )


def _known(connection: Connection, members: Sequence[Member]) -> Safe:
    """Which of these are in a case, and in which."""
    names = [f"{letter}{id}" for letter, id in members]
    found = [(name, caseload.cases_of(connection, name)) for name in names]
    said = [f"{name} is in {', '.join(f'case-{id}' for id in cases)}" for name, cases in found if cases]
    return Safe(
        "; ".join(said[:MOST_NAMED]) + (f" and {len(said) - MOST_NAMED} more" if len(said) > MOST_NAMED else "")
    )
