"""Reads the store off the UI thread: notices changes four times a second and answers the screens' questions.

One thread owns one read-only connection. A question has a key; a newer question with the same key replaces an
older one, interrupting it while it runs, and an answer that comes too late is dropped.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from textual.message import Message
from textual.message_pump import MessagePump

from forensics.coverage.asking import Share, of_late, share
from forensics.database import Connection, DatabaseError
from forensics.errors import EarwitnessError
from forensics.selfcheck.judging import PREFIX
from forensics.store import reader, schema, standing
from forensics.store.rows import Counts, SensorRow
from forensics.store.standing import Brief
from tui.formatting import EMPTY, Safe, safe

POLL_S = 0.25
JUDGED_S, DAY_S = 30.0, 86_400.0
NOTHING = Brief()
MOST_CANARIES = 100
"""So many alerts in a row may be canaries before the newest of the others is not looked for any more."""
Found = TypeVar("Found")
Condition = Literal["opening", "missing", "broken", "ready"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """How the store and its sensors are: what the health bar shows. `version` rises with every change."""

    condition: Condition = "opening"
    notice: Safe = EMPTY
    version: int = 0
    counts: Counts | None = None
    sensors: tuple[SensorRow, ...] = ()
    newest_time: float | None = None
    selfcheck: Brief = NOTHING
    coverage: Share | None = None


class Beat(Message, bubble=False):
    """The store changed, was lost or was found again."""

    def __init__(self, pulse: Pulse) -> None:
        super().__init__()
        self.pulse = pulse

    def can_replace(self, message: Message) -> bool:
        """Only the latest state matters."""
        return isinstance(message, Beat)


class Answer(Message, bubble=False):
    """What a question found, or why it could not be answered; `deliver` is called on the UI thread."""

    def __init__(self, key: str, deliver: Callable[[], None]) -> None:
        super().__init__()
        self.key = key
        self.deliver = deliver

    def can_replace(self, message: Message) -> bool:
        """A newer answer to the same question replaces an older one."""
        return isinstance(message, Answer) and message.key == self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a screen wants to know: `ask` runs on the feed's thread, `answer` or `refuse` on the UI's."""

    key: str
    asker: MessagePump
    ask: Callable[[Connection], Any]
    answer: Callable[[Any], None]
    refuse: Callable[[Safe], None]


class Feed:
    """The reading thread. Its owner calls `run` in a thread worker and `stop` when it leaves."""

    def __init__(
        self, store: Path, owner: MessagePump, *, poll_s: float = POLL_S, now: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._now = now
        self._owner = owner
        self._poll_s = poll_s
        self._wake = threading.Condition()
        self._questions: dict[str, Question] = {}
        self._running: str | None = None
        self._latest: dict[str, Question] = {}
        self._is_stopping = False
        self._connection: Connection | None = None
        self._file: tuple[int, int] | None = None
        self._seen: object = None
        self._judged: tuple[float, Share | None] = (float("-inf"), None)
        self.pulse = Pulse()

    def ask(
        self,
        asker: MessagePump,
        key: str,
        ask: Callable[[Connection], Found],
        answer: Callable[[Found], None],
        refuse: Callable[[Safe], None] | None = None,
    ) -> None:
        """Put a question; `key` is unique within the app. Without a store the question waits for one."""
        question = Question(key=key, asker=asker, ask=ask, answer=answer, refuse=refuse or _ignore)
        with self._wake:
            self._questions[key] = self._latest[key] = question
            if self._running == key and self._connection is not None:
                self._connection.interrupt()
            self._wake.notify()

    def stop(self) -> None:
        """End the thread soon, interrupting what it reads."""
        with self._wake:
            self._is_stopping = True
            if self._connection is not None and self._running is not None:
                self._connection.interrupt()
            self._wake.notify()

    def run(self) -> None:
        """Read until stopped. Nothing that happens to the store ends this; it becomes a pulse with a notice."""
        while not self._is_stopping:
            try:
                self._look()
                self._answer_all()
            except Exception as error:  # noqa: BLE001 - whatever becomes of the store, the screen shows a notice
                self._lose("broken", safe(str(error) or type(error).__name__))
            with self._wake:
                if not self._is_stopping and not (self._questions and self._connection):
                    self._wake.wait(self._poll_s)
        self._close()

    def _look(self) -> None:
        """Open the store if there is one, and tell the owner when it changed."""
        file = self._store / schema.FILE_NAME
        try:
            status = os.stat(file)
        except FileNotFoundError:
            self._lose("missing", EMPTY)
            return
        identity = (status.st_dev, status.st_ino)
        if self._connection is None or identity != self._file:
            self._close()
            self._connection, self._file, self._seen = reader.open_reader(self._store), identity, None
            self._judged = (float("-inf"), None)
        seen = reader.data_version(self._connection)
        if seen != self._seen:
            self._tell(replace(_pulse(self._connection, self._now()), coverage=self._coverage(self._connection)))
            self._seen = seen

    def _coverage(self, connection: Connection) -> Share | None:
        """How much of the last day, or since there were sensors, was seen; judged anew twice a minute."""
        now = self._now()
        if now - self._judged[0] >= JUDGED_S:
            self._judged = (now, share(of_late(connection, now, DAY_S)))
        return self._judged[1]

    def _answer_all(self) -> None:
        while self._connection is not None and not self._is_stopping:
            with self._wake:
                if not self._questions:
                    return
                question = self._questions.pop(next(iter(self._questions)))
                self._running = question.key
            deliver = self._answer(question, self._connection)
            with self._wake:
                self._running = None
            question.asker.post_message(Answer(question.key, deliver))

    def _answer(self, question: Question, connection: Connection) -> Callable[[], None]:
        try:
            found = question.ask(connection)
        except (EarwitnessError, DatabaseError) as error:
            words = safe(error)
            return lambda: question.refuse(words) if self._latest[question.key] is question else None
        return lambda: question.answer(found) if self._latest[question.key] is question else None

    def _tell(self, pulse: Pulse) -> None:
        self.pulse = replace(pulse, version=self.pulse.version + 1)
        self._owner.post_message(Beat(self.pulse))

    def _lose(self, condition: Condition, notice: Safe) -> None:
        self._close()
        if (self.pulse.condition, self.pulse.notice) != (condition, notice):
            self._tell(Pulse(condition=condition, notice=notice))

    def _close(self) -> None:
        connection, self._connection, self._file = self._connection, None, None
        if connection is not None:
            try:
                connection.close()
            except DatabaseError:
                return


def _pulse(connection: Connection, now: float) -> Pulse:
    return Pulse(
        condition="ready",
        counts=reader.counts(connection, now=now),
        sensors=tuple(reader.sensors(connection)),
        newest_time=_newest(connection),
        selfcheck=standing.brief(connection),
    )


def _newest(connection: Connection) -> float | None:
    """When the newest alert was seen; those of the self-check's canaries are nobody's news."""
    for limit in (1, MOST_CANARIES):
        for row in reader.queue(connection, limit=limit):
            if not any(item.startswith(PREFIX) for item in row.items):
                return row.time
    return None


def _ignore(words: Safe) -> None:
    """The next change asks again."""
