"""Escalates what a decision is about to a case: asks which, and has it written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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


def escalate(
    screen: ConsoleScreen, what: Safe, title: str, members: Sequence[Member], write: Callable[[str, Deed], None]
) -> None:
    """Ask which case, the newest open ones offered, and `write` it; `what` names what is escalated."""

    def offer(rows: Sequence[CaseRow]) -> None:
        screen.app.push_screen(EscalateDialog(what, headline(title), rows), finish)

    def finish(chosen: Escalating | None) -> None:
        if chosen is not None and chosen.case is not None:
            write(f"{what} escalated to case-{chosen.case}", adding(chosen.case, members))
        elif chosen is not None:
            write(f"{what} escalated to a new case", opening(chosen.title, members, screen.desk.role.actor))

    screen.desk.feed.ask(
        screen,
        "escalate",
        lambda connection: caseload.listed(connection, state=OPEN, limit=MOST_OFFERED),
        offer,
        lambda words: screen.notify(words, severity="warning", markup=False),
    )
