"""Acknowledge, take, close with a reason, suppress, merge, take back: the same decisions wherever there is something to
decide on, about what is marked, else about what the cursor is on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from forensics.model import AlertState, Scope
from forensics.store import reader
from forensics.store.rows import AlertDetail
from forensics.store.states import Decision
from forensics.store.writer import Store
from tui import wording
from tui.exporting import offer
from tui.formatting import Safe, safe
from tui.regret import Deed, deciding, merging
from tui.screens.console import ConsoleScreen
from tui.screens.escalation import escalate
from tui.widgets.ask_dialog import AskDialog
from tui.widgets.close_dialog import CloseDialog, Closing
from tui.widgets.suppress_dialog import SuppressDialog, Suppressing

LEAST_MERGED = 2
MOST_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a decision is about; `alert` is the alert that speaks for it, the newest of an incident."""

    kind: Literal["alert", "incident"]
    id: int
    title: str
    state: str
    owner: str
    alert: int

    @property
    def words(self) -> Safe:
        """`alert A3`, `incident I2`."""
        return Safe(f"{self.kind} {self.letter}{self.id}")

    @property
    def letter(self) -> Literal["A", "I"]:
        """`A` or `I`."""
        return "A" if self.kind == "alert" else "I"

    def decided(
        self, state: AlertState | None, *, reason: str = "", note: str = "", owner: str | None = None
    ) -> Decision:
        """The decision that moves it to a state; None keeps that."""
        return Decision(
            kind=self.letter, id=self.id, state=state, reason=reason, note=note, owner=owner, is_alone=state is None
        )


class DecidingScreen(ConsoleScreen):
    """A screen with something to decide on; `subject` is what the keys mean just now, unless something is marked."""

    def subject(self) -> Subject | None:
        """The alert or incident a decision is about, or None."""
        return None

    def marked(self) -> Sequence[Subject]:
        """What is marked; a decision is about all of it then."""
        return ()

    def is_settled(self) -> bool:
        """Say whether the subject has been there long enough that a key press can be meant for it."""
        return True

    def decided(self) -> None:
        """What was marked has been decided on."""

    def action_acknowledge(self) -> None:
        """Somebody is looking at it."""
        self._move(AlertState.ACKNOWLEDGED, "acknowledged", frozenset({AlertState.ACKNOWLEDGED, AlertState.CLOSED}))

    def action_reopen(self) -> None:
        """Make it new again."""
        self._move(AlertState.NEW, "open again", frozenset({AlertState.NEW}))

    def action_own(self) -> None:
        """Take it."""
        me = self.desk.role.actor
        subjects = [each for each in self._meant() if each.owner != me]
        if subjects:
            words = f" is {safe(me)}'s now" if len(subjects) == 1 else f" are {safe(me)}'s now"
            self._write(_named(subjects) + words, deciding(each.decided(None, owner=me) for each in subjects))
        elif self._meant(quietly=True):
            self._say(Safe("That is yours already."))

    def action_close(self) -> None:
        """Ask for the reason, then close."""
        meant = self._meant()
        subjects = [each for each in meant if each.state != AlertState.CLOSED]
        if meant and not subjects:
            self._say(Safe(f"{_named(meant)} {'is' if len(meant) == 1 else 'are'} closed already"))
        if not subjects:
            return

        def finish(closing: Closing | None) -> None:
            if closing is not None:
                decisions = [
                    each.decided(AlertState.CLOSED, reason=closing.reason, note=closing.note) for each in subjects
                ]
                self._write(f"{_named(subjects)} closed: {closing.reason}", deciding(decisions))

        what = safe(subjects[0].title) if len(subjects) == 1 else _list(subjects)
        self.app.push_screen(CloseDialog(what, _named(subjects)), finish)

    def action_escalate(self) -> None:
        """Put it into a case, a new one or one that is open."""
        if meant := self._meant():
            members = [(each.letter, each.id) for each in meant]
            escalate(self, _named(meant), meant[0].title, members, self._write)

    def action_suppress(self) -> None:
        """Raise no more alerts on what is like this one, for a time."""
        meant = self._meant()
        if len(meant) > 1:
            self._say(Safe("Suppress what is like one alert or incident; several are marked."))
        if len(meant) == 1:
            alert = meant[0].alert
            self.desk.feed.ask(
                self, "suppress", lambda connection: reader.alert_detail(connection, alert), self._offer, self._say
            )

    def action_merge(self) -> None:
        """Put the incidents that are marked into one."""
        subjects = [each for each in self.marked() if each.kind == "incident"]
        if len(subjects) < LEAST_MERGED:
            self._say(Safe("Mark two incidents or more, then merge them."))
            return
        here = self.subject()
        into = next((each for each in subjects if here is not None and each.id == here.id), subjects[-1])
        others = [each.id for each in subjects if each is not into]

        def finish(is_yes: bool | None) -> None:
            if is_yes:
                count = wording.amount(len(others), "incident")
                self._write(f"{count} merged into I{into.id}", merging(into.id, others))

        question = Safe(f"Merge {len(subjects)} incidents into I{into.id}?")
        self.app.push_screen(AskDialog(question, safe(into.title), _list(subjects)), finish)

    def action_export(self) -> None:
        """Write a bundle of it for others."""
        meant = self._meant()
        if len(meant) > 1:
            self._say(Safe("Export one alert or incident at a time; several are marked."))
        elif meant:
            offer(self.app, self.desk, f"{meant[0].letter}{meant[0].id}", safe(meant[0].title))

    def action_undo(self) -> None:
        """Take the last decision back."""
        last = self.desk.regret.take()
        if last is None:
            self._say(Safe("Nothing was decided here in the last half minute."))
            return
        what, back = last
        self.desk.scribe.write(Safe(f"Taken back: {what.removeprefix('Taken back: ')}"), back)

    def _move(self, state: AlertState, words: str, left_out: frozenset[str]) -> None:
        meant = self._meant()
        subjects = [each for each in meant if each.state not in left_out]
        if meant and not subjects:
            said = wording.STATES.get(meant[0].state, Safe("")) if len(meant) == 1 else "such"
            self._say(Safe(f"{_named(meant)} {'is' if len(meant) == 1 else 'are'} {said} already"))
        if subjects:
            self._write(f"{_named(subjects)} {words}", deciding(each.decided(state) for each in subjects))

    def _meant(self, *, quietly: bool = False) -> Sequence[Subject]:
        """What is marked, else what the cursor is on."""
        if marked := self.marked():
            return marked
        subject = self.subject()
        if subject is not None and not self.is_settled():
            if not quietly:
                self._say(Safe("The row under the cursor has just changed; look, and press again."))
            return ()
        return (subject,) if subject is not None else ()

    def _offer(self, detail: AlertDetail | None) -> None:
        """Ask which of what the alert says of itself a suppression is to be about."""
        if detail is None:
            return
        alert = detail.alert
        rules = dict.fromkeys(match.rule for match in detail.matches if match.accepted)
        packages = dict.fromkeys(match.package for match in detail.matches if match.accepted and match.package)
        offered = [
            *(Scope(rule=rule) for rule in list(rules)[:3]),
            *(Scope(package=package) for package in list(packages)[:2]),
            *([Scope(user=alert.user)] if alert.user else []),
            *([Scope(host=alert.host)] if alert.host else []),
            *([Scope(channel=alert.channel)] if alert.channel else []),
            *([Scope(destination=alert.destination)] if alert.destination else []),
        ]

        def finish(chosen: Suppressing | None) -> None:
            if chosen is not None:
                until = wording.moment(self.desk.now() + chosen.seconds)
                self._write(f"Suppressed until {until}", _suppressing(chosen, self.desk.now() + chosen.seconds))

        self.app.push_screen(SuppressDialog(safe(alert.title), offered), finish)

    def _write(self, words: str, deed: Deed) -> None:
        self.desk.scribe.write(Safe(words[:1].upper() + words[1:]), deed)
        self.decided()

    def _say(self, words: Safe) -> None:
        self.notify(words, markup=False, timeout=4)


def _named(subjects: Sequence[Subject]) -> Safe:
    return subjects[0].words if len(subjects) == 1 else Safe(f"{len(subjects)} {subjects[0].kind}s")


def _list(subjects: Sequence[Subject]) -> Safe:
    names = ", ".join(f"{each.letter}{each.id}" for each in subjects[:MOST_NAMED])
    return Safe(names + (f" and {len(subjects) - MOST_NAMED} more" if len(subjects) > MOST_NAMED else ""))


def _suppressing(chosen: Suppressing, until: float) -> Deed:
    def deed(store: Store) -> Deed:
        number = store.suppress(chosen.scope, until=until, reason=chosen.reason)

        def back(again: Store) -> None:
            again.end_suppression(number, reason="taken back")

        return back

    return deed
