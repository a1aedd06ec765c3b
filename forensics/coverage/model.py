"""The nouns of the ledger: a level, a cause, an interval of one channel."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How well a time was seen; the worst of several holds."""

    COVERED = 0
    DEGRADED = 1
    OPAQUE = 2
    BLIND = 3

    @property
    def word(self) -> str:
        """As people read it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What says something of `[start, end)`, Unix seconds, and how bad it is. `size` counts bytes, 0 for none known.

    `subject` is the evidence: a gap (`G4`), a connection (`Q2`), or the sensor.
    """

    level: Level
    start: float
    end: float
    words: str
    size: int = 0
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One time of a channel in which one level holds. `causes` are in words, with how often each was told.

    `size` are the bytes of the causes that begin in it (or before the window, in its first interval).
    """

    start: float
    end: float
    level: Level
    causes: tuple[tuple[str, int], ...] = ()
    size: int = 0

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """The ledger of one channel: intervals that follow each other and fill the window."""

    name: str
    intervals: tuple[Interval, ...]
    sensors: tuple[str, ...] = ()

    def seconds(self, level: Level) -> float:
        """How long a level held."""
        return sum(each.seconds for each in self.intervals if each.level is level)

    @property
    def size(self) -> int:
        """The bytes of all causes."""
        return sum(each.size for each in self.intervals)

    @property
    def worst(self) -> Level:
        """The worst level of the window."""
        return max((each.level for each in self.intervals), default=Level.BLIND)

    @property
    def best(self) -> Level:
        """The best level of the window."""
        return min((each.level for each in self.intervals), default=Level.BLIND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What could be seen from `start` to `end`, by channel."""

    start: float
    end: float
    channels: tuple[Channel, ...]
