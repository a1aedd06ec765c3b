"""Words for people in the summaries of commands."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural (with s) unless it is one: `1 finding`, `0 findings`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
