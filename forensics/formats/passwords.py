"""The passwords a responder gives for one case, tried in turn until the time for trying is up.

A word is never said: what was opened by it names its number in the list.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Password:
    """One word of the list and its line in it, from 1 on."""

    number: int
    word: str = field(repr=False)

    @property
    def facts(self) -> dict[str, str]:
        """What is said of the content that it opened."""
        return {"password": str(self.number)}

    @property
    def spellings(self) -> tuple[bytes, ...]:
        """The word as bytes, where a format does not say in which encoding: UTF-8, then Windows' and DOS' own."""
        found = dict.fromkeys([self.word.encode("utf-8", "replace")])
        for encoding in ("cp1252", "cp437"):
            try:
                found[self.word.encode(encoding)] = None
            except UnicodeEncodeError:
                continue
        return tuple(found)


class Passwords:
    """The list of one case; one object lasts for one analysis and knows what has fitted in it."""

    def __init__(
        self, words: Sequence[str] = (), *, seconds: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Empty `words` are counted and never tried. All tries together may take `seconds`."""
        self._list = [Password(number, word) for number, word in enumerate(words, 1) if word]
        self._fitting: list[Password] = []
        self._left_s = seconds
        self._clock = clock
        self._is_cut = False

    def __len__(self) -> int:
        return len(self._list)

    def tries(self) -> Iterator[Password]:
        """Each word in turn: those that fitted before, then the others while there is time."""
        for password in [*self._fitting, *(other for other in self._list if other not in self._fitting)]:
            if self._left_s <= 0 and not self.has_fitted(password):
                self._is_cut = True
                return
            began = self._clock()
            try:
                yield password
            finally:
                self._left_s -= self._clock() - began

    def keep(self, password: Password) -> None:
        """Remember that it fitted: it is tried first from now on."""
        self._fitting = [password, *(other for other in self._fitting if other != password)]

    def has_fitted(self, password: Password) -> bool:
        """Say whether it opened something in this analysis."""
        return password in self._fitting

    def refusal(self) -> str:
        """What the reason of an outcome adds: that none fitted, or that not all were tried; empty without a list."""
        if not self._list:
            return ""
        count = len(self._list)
        if self._is_cut:
            return f"the time was up before all {count} passwords were tried"
        return "the one password does not fit" if count == 1 else f"none of {count} passwords fits"
