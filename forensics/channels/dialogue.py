"""Questions and answers that find each other by a key, whichever of them is seen first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from forensics.channels.shared_file import Place, SharedFile
from forensics.model import Direction

if TYPE_CHECKING:
    from forensics.channels.desk import Desk

QUESTION_LIMIT = 4096
EARLY_LIMIT = 256
EARLY_BYTES = 8 << 20
"""Bytes of answers that may wait for their questions, where the packets of one side came late."""


class About(Enum):
    """What is asked."""

    SHARE = auto()
    NAME = auto()
    READ = auto()
    CLOSE = auto()


@dataclass(slots=True, kw_only=True)
class Question:
    """Something asked of the server, as far as files are concerned."""

    about: About
    file: SharedFile | None = None
    offset: int = 0
    path: str = ""


@dataclass(slots=True, kw_only=True)
class Answer:
    """What the server said. `handle` names what was opened, `size` is the file's, -1 where nothing is said of it."""

    about: About
    is_good: bool = True
    handle: Hashable = None
    is_file: bool | None = None
    size: int = -1
    length: int = 0
    """Bytes of the file in this answer."""
    place: Place | None = None
    _into: tuple[SharedFile, int] | None = None
    _held: list[tuple[int, bytes]] = field(default_factory=list)
    held_bytes: int = 0

    def go_into(self, file: SharedFile, offset: int) -> None:
        """The question is known: what came and what comes belongs to `file` from `offset` on."""
        self._into = file, offset
        if self.size >= 0:
            file.end = self.size
        if self.length and self.place:
            file.reach(Direction.DOWN, offset + self.length, self.place)
        for at, data in self._held:
            self.write(at, data)
        self._held.clear()

    def write(self, at: int, data: bytes) -> bool:
        """Take bytes of the file; False where they have to wait for the question."""
        if self._into and self.place:
            file, offset = self._into
            file.write(Direction.DOWN, offset + at, data, self.place)
        return self._into is not None

    def hold(self, at: int, data: bytes) -> None:
        """Keep bytes until the question is known."""
        self._held.append((at, data))
        self.held_bytes += len(data)


class Dialogue:
    """Brings answers to questions. `settle` is called once with each pair; what never finds its pair is let go of."""

    def __init__(self, desk: Desk, settle: Callable[[Question, Answer], None]) -> None:
        self._desk = desk
        self._settle = settle
        self._asked: OrderedDict[Hashable, Question] = OrderedDict()
        self._early: OrderedDict[Hashable, Answer] = OrderedDict()
        self._early_bytes = 0
        self.holds_early = True
        """Whether an answer without a question may wait for one; keys that come again soon speak against it."""
        self.unasked = 0
        """Bytes of files in answers whose question was never seen."""

    def ask(self, key: Hashable, question: Question) -> None:
        """Take a question."""
        early = self._early.pop(key, None)
        if early and early.about is question.about:
            self._release(early)
            self._settle(question, early)
            return
        self._give_up(early)
        forgotten = self._asked.pop(key, None)
        self._asked[key] = question
        if forgotten:
            self._leave(forgotten)
        if len(self._asked) > QUESTION_LIMIT:
            _, oldest = self._asked.popitem(last=False)
            self._leave(oldest)

    def answer(self, key: Hashable, answer: Answer) -> Callable[[int, bytes], None]:
        """Take an answer; what is returned takes the bytes of the file in it, as they come."""
        question = self._asked.pop(key, None)
        if question and question.about is answer.about:
            self._settle(question, answer)
        elif self.holds_early and not question:
            self._give_up(self._early.pop(key, None))
            self._early[key] = answer
            if len(self._early) > EARLY_LIMIT:
                self._give_up(self._early.popitem(last=False)[1])
        else:
            self.unasked += answer.length
        return lambda at, data: self._write(key, answer, at, data)

    def waits_for(self, key: Hashable) -> Question | None:
        """The question that has not been answered yet."""
        return self._asked.get(key)

    def forget_early(self) -> None:
        """Let go of answers that wait, and hold none from now on."""
        self.holds_early = False
        while self._early:
            self._give_up(self._early.popitem(last=False)[1])

    def finish(self) -> None:
        """Neither questions nor answers come any more."""
        self.forget_early()
        while self._asked:
            self._leave(self._asked.popitem(last=False)[1])

    def _write(self, key: Hashable, answer: Answer, at: int, data: bytes) -> None:
        if answer.write(at, data):
            return
        is_held = self._early.get(key) is answer and self._early_bytes + len(data) <= EARLY_BYTES
        if is_held and self._desk.charge(len(data)):
            self._early_bytes += len(data)
            answer.hold(at, data)

    def _release(self, answer: Answer) -> None:
        self._early_bytes -= answer.held_bytes
        self._desk.refund(answer.held_bytes)
        answer.held_bytes = 0

    def _give_up(self, answer: Answer | None) -> None:
        if answer:
            self.unasked += answer.length
            self._release(answer)

    def _leave(self, question: Question) -> None:
        """A question that is never answered: what waits for the answer goes on without it."""
        self._settle(question, Answer(about=question.about, is_good=False))
