"""A count on one line of the terminal, for what takes longer than people like to wait; nothing where nobody looks."""

from __future__ import annotations

import sys

import click

_EVERY = 50


class Counting:
    """Says on stderr, where that is a terminal, how many there were so far."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._is_seen = sys.stderr.isatty()
        self._number = 0

    def count(self) -> None:
        """One more."""
        self._number += 1
        if self._is_seen and self._number % _EVERY == 0:
            click.echo(f"\r{self._number:,} {self._what}", err=True, nl=False)

    def __enter__(self) -> Counting:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._is_seen and self._number >= _EVERY:
            click.echo("\r\x1b[K", err=True, nl=False)
