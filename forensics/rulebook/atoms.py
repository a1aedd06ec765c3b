"""What the engine can look for quickly in a string: the runs of fixed bytes that every match of it has.

YARA looks for such runs (atoms, of at most four bytes) all at once and tries the rest of a string only where one
occurs; a string without makes it try everywhere
(https://yara.readthedocs.io/en/v4.5.0/writingrules.html, "unreferenced strings" and the engine's own warnings).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

from forensics.rulebook.regexes import Byte, Choice, Part, Repeat, Series

_FIXED_VALUES = 2
"""A byte of so many values counts as fixed: a letter in both cases, a separator or another."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Fixed bytes that every match has: `first` at its begin, `last` at its end, `best` anywhere.

    `is_fixed`: there is nothing else in it.
    """

    first: int
    last: int
    best: int
    is_fixed: bool


_NONE = Runs(0, 0, 0, is_fixed=True)
_LOOSE = Runs(0, 0, 0, is_fixed=False)


def runs(part: Part) -> Runs:
    """The shortest of the longest runs of fixed bytes, over everything that the part matches."""
    if isinstance(part, Byte):
        return Runs(1, 1, 1, is_fixed=True) if part.size <= _FIXED_VALUES else _LOOSE
    if isinstance(part, Series):
        return reduce(_joined, map(runs, part.parts), _NONE)
    if isinstance(part, Choice):
        return reduce(_either, map(runs, part.parts))
    assert isinstance(part, Repeat)
    inner = runs(part.part)
    if part.high == part.low and inner.is_fixed:
        size = inner.best * part.low
        return Runs(size, size, size, is_fixed=True)
    once = _LOOSE if not part.low else Runs(inner.first, inner.last, inner.best, is_fixed=False)
    if inner.is_fixed and part.low:
        once = Runs(inner.best * part.low, inner.best * part.low, inner.best * part.low, is_fixed=False)
    return _either(_NONE, inner) if (part.low, part.high) == (0, 1) else once


def bits(part: Part) -> float:
    """How much the shortest match says, in bits, were all bytes alike frequent."""
    if isinstance(part, Byte):
        return 8 - math.log2(part.size or 1)
    if isinstance(part, Series):
        return sum(map(bits, part.parts))
    if isinstance(part, Choice):
        return min(map(bits, part.parts))
    assert isinstance(part, Repeat)
    return bits(part.part) * part.low


def least_bytes(part: Part) -> int:
    """The length of the shortest match."""
    if isinstance(part, Byte):
        return 1
    if isinstance(part, Series):
        return sum(map(least_bytes, part.parts))
    if isinstance(part, Choice):
        return min(map(least_bytes, part.parts))
    assert isinstance(part, Repeat)
    return least_bytes(part.part) * part.low


def walk(part: Part) -> Iterator[Part]:
    """A part and all in it."""
    yield part
    if isinstance(part, Series | Choice):
        for inner in part.parts:
            yield from walk(inner)
    elif isinstance(part, Repeat):
        yield from walk(part.part)


def first_part(part: Part) -> Part | None:
    """What a match begins with: a byte, a repetition or a choice."""
    while isinstance(part, Series):
        if not part.parts:
            return None
        part = part.parts[0]
    return part


def _joined(one: Runs, other: Runs) -> Runs:
    return Runs(
        first=one.best + other.first if one.is_fixed else one.first,
        last=one.last + other.best if other.is_fixed else other.last,
        best=max(one.best, other.best, one.last + other.first),
        is_fixed=one.is_fixed and other.is_fixed,
    )


def _either(one: Runs, other: Runs) -> Runs:
    return Runs(
        first=min(one.first, other.first),
        last=min(one.last, other.last),
        best=min(one.best, other.best),
        is_fixed=one.is_fixed and other.is_fixed,
    )
