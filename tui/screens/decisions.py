"""Acknowledge, close with a reason, open again: the same three decisions on every screen that shows an alert."""

from __future__ import annotations

from dataclasses import dataclass

from forensics.model import AlertState
from forensics.store.writer import Store
from tui import wording
from tui.formatting import Safe, safe
from tui.screens.console import ConsoleScreen
from tui.widgets.close_dialog import CloseDialog, Closing


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a decision is about."""

    kind: str
    id: int
    title: str
    state: str

    @property
    def words(self) -> Safe:
        """`alert A3`, `incident I2`."""
        return Safe(f"{self.kind} {'A' if self.kind == 'alert' else 'I'}{self.id}")


class DecidingScreen(ConsoleScreen):
    """A screen with something to decide on; `subject` is what the keys mean just now."""

    def subject(self) -> Subject | None:
        """The alert or incident a decision is about, or None."""
        return None

    def is_settled(self) -> bool:
        """Say whether the subject has been there long enough that a key press can be meant for it."""
        return True

    def action_acknowledge(self) -> None:
        """Somebody is looking at it."""
        subject = self._meant()
        if subject is None:
            return
        if subject.state != AlertState.NEW:
            self._say(Safe(f"{subject.words} is {wording.STATES.get(subject.state, Safe(''))} already"))
            return
        self._write(subject, AlertState.ACKNOWLEDGED, "acknowledged")

    def action_reopen(self) -> None:
        """Make it new again."""
        subject = self._meant()
        if subject is not None and subject.state != AlertState.NEW:
            self._write(subject, AlertState.NEW, "open again")

    def action_close(self) -> None:
        """Ask for the reason, then close."""
        subject = self._meant()
        if subject is None:
            return
        if subject.state == AlertState.CLOSED:
            self._say(Safe(f"{subject.words} is closed already"))
            return

        def finish(closing: Closing | None) -> None:
            if closing is not None:
                self._write(subject, AlertState.CLOSED, "closed", closing)

        self.app.push_screen(CloseDialog(safe(subject.title), subject.words), finish)

    def _meant(self) -> Subject | None:
        subject = self.subject()
        if subject is not None and not self.is_settled():
            self._say(Safe("The row under the cursor has just changed; look, and press again."))
            return None
        return subject

    def _write(self, subject: Subject, state: AlertState, words: str, closing: Closing | None = None) -> None:
        reason, note = (closing.reason, closing.note) if closing is not None else ("", "")

        def deed(store: Store) -> None:
            change = store.set_alert_state if subject.kind == "alert" else store.set_incident_state
            change(subject.id, state, reason=reason, note=note)

        because = f": {reason}" if reason else ""
        self.desk.scribe.write(Safe(f"{subject.words[:1].upper()}{subject.words[1:]} {words}{because}"), deed)

    def _say(self, words: Safe) -> None:
        self.notify(words, markup=False, timeout=4)
