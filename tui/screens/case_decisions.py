"""What is done about a case wherever one is shown: notes, tasks, owner, closing, its report."""

from __future__ import annotations

from datetime import UTC, datetime

from forensics.store import moments
from forensics.store.caseload import CaseRow
from forensics.store.cases import CLOSED, DISPOSITIONS, OPEN
from forensics.store.tasks import LONGEST_LINE, Task
from tui.casework import assigning, closing, noting, reopening, setting
from tui.formatting import Safe, safe
from tui.regret import Deed
from tui.screens.console import ConsoleScreen
from tui.screens.report import ReportScreen
from tui.widgets.close_dialog import CloseDialog, Closing
from tui.widgets.line_dialog import LineDialog

MEANINGS = dict(
    zip(
        DISPOSITIONS,
        (
            "content left that should not have",
            "somebody allowed this",
            "nothing left, or nothing of ours",
            "it cannot be shown either way",
            "another case tells the same",
            "there is nothing to investigate",
        ),
        strict=True,
    )
)


class CaseDecisions(ConsoleScreen):
    """A screen with a case to decide on."""

    def case(self) -> CaseRow | None:
        """The case that keys mean just now, or None."""
        return None

    def is_settled(self) -> bool:
        """Say whether the case has been there long enough that a key press can be meant for it."""
        return True

    def action_note(self) -> None:
        """Write a note, for good."""
        case = self._meant()
        if case is None:
            return

        def finish(words: str | None) -> None:
            if words:
                self._write(f"Noted in case-{case.id}", noting(case.id, words))

        self.app.push_screen(LineDialog(Safe(f"Note in case-{case.id}"), Safe("write it, for good")), finish)

    def action_task(self) -> None:
        """Set a task."""
        case = self._if_open()
        if case is None:
            return

        def finish(words: str | None) -> None:
            if words:
                task = task_of(words, self.desk.role.actor, self.desk.now())
                self._write(f"Task set in case-{case.id}", setting(case.id, task))

        question = Safe(f"What is to be done in case-{case.id}?  (with owner:anna due:2h)")
        self.app.push_screen(LineDialog(question, Safe("set the task")), finish)

    def action_own(self) -> None:
        """Take the case."""
        case, me = self._meant(), self.desk.role.actor
        if case is not None and case.owner == me:
            self._say(Safe("That is yours already."))
        elif case is not None:
            self._write(f"case-{case.id} is {safe(me)}'s now", assigning(case, me))

    def action_assign(self) -> None:
        """Give the case to somebody, or to nobody."""
        case = self._meant()
        if case is None:
            return

        def finish(owner: str | None) -> None:
            if owner is not None:
                self._write(f"case-{case.id} is {safe(owner) or 'nobody'}'s now", assigning(case, owner))

        question = Safe(f"Whose is case-{case.id}?")
        dialog = LineDialog(question, Safe("give it (empty: nobody)"), value=safe(case.owner), may_be_empty=True)
        self.app.push_screen(dialog, finish)

    def action_close(self) -> None:
        """Ask how it ended and why, then close it."""
        case = self._if_open()
        if case is None:
            return

        def finish(chosen: Closing | None) -> None:
            if chosen is not None:
                self._write(f"case-{case.id} closed: {chosen.reason}", closing(case.id, chosen.reason, chosen.note))

        dialog = CloseDialog(safe(case.title), Safe(f"case-{case.id}"), MEANINGS, needs_note=True)
        self.app.push_screen(dialog, finish)

    def action_reopen(self) -> None:
        """Open a closed case again."""
        case = self._meant()
        if case is not None and case.state == CLOSED:
            self._write(f"case-{case.id} is open again", reopening(case))
        elif case is not None:
            self._say(Safe(f"case-{case.id} is open already."))

    def action_report(self) -> None:
        """Show the first hour."""
        case = self.case()
        if case is not None:
            self.app.push_screen(ReportScreen(self.desk, case.id))

    def action_undo(self) -> None:
        """Take the last decision back."""
        last = self.desk.regret.take()
        if last is None:
            self._say(Safe("Nothing was decided here in the last half minute."))
            return
        what, back = last
        self.desk.scribe.write(Safe(f"Taken back: {what.removeprefix('Taken back: ')}"), back)

    def _meant(self) -> CaseRow | None:
        """The case, unless another has just slid into its place."""
        if self.case() is not None and not self.is_settled():
            self._say(Safe("The row under the cursor has just changed; look, and press again."))
            return None
        return self.case()

    def _if_open(self) -> CaseRow | None:
        case = self._meant()
        if case is not None and case.state != OPEN:
            self._say(Safe(f"case-{case.id} is closed; {self.desk.keys.find('reopen').key_names} opens it again."))
            return None
        return case

    def _write(self, words: str, deed: Deed) -> None:
        self.desk.scribe.write(Safe(words[:1].upper() + words[1:]), deed)

    def _say(self, words: Safe) -> None:
        self.notify(words, markup=False, timeout=4)


def task_of(words: str, me: str, now: float) -> Task:
    """A task as it is typed: `call the vendor owner:anna due:2h`; without an owner it is mine.

    What cannot be read as a time stays in the text.
    """
    owner, due, rest = me, 0.0, []
    for word in words.split():
        name, _, value = word.partition(":")
        seconds = moments.span(value) if name == "due" else None
        if name == "owner" and value:
            owner = value
        elif seconds:
            due = now + seconds
        else:
            rest.append(word)
    return Task(text=" ".join(rest)[:LONGEST_LINE] or words[:LONGEST_LINE], owner=owner, due=due)


def file_name(case: int, now: float) -> str:
    """The file that a report is written to: `case-3-20261122-031400.md`."""
    return f"case-{case}-{datetime.fromtimestamp(now, UTC):%Y%m%d-%H%M%S}.md"
