"""Which states of a root's files earlier runs handed on, without keeping their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from forensics.sensors.files.settled import Stamp

Recall = Callable[[str], Iterable[tuple[str, Stamp]]]
"""What earlier runs handed on of a root, by its name: the ways below it, each with its stamp."""


def token_of(way: str, stamp: Stamp) -> int:
    """What a state is remembered by, salted anew in every process."""
    return hash((way, stamp))


def tokens_of(states: Iterable[tuple[str, Stamp]]) -> frozenset[int]:
    """The tokens of many states."""
    return frozenset(token_of(way, stamp) for way, stamp in states)
