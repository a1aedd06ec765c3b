"""Sizes as people type them into a query: `4096`, `>1M`, `<=20k`, `1M..2M`; k, M and G are powers of 1,024."""

from __future__ import annotations

import re

LARGEST = (1 << 63) - 1
_SIZE = r"(\d{1,18})(?:\.(\d{1,3}))?\s*([kmgt]?)(?:i?b)?"
_ONE = re.compile(rf"(>=|<=|>|<|=)?\s*{_SIZE}", re.IGNORECASE)
_RANGE = re.compile(rf"{_SIZE}\.\.(?:{_SIZE})?", re.IGNORECASE)
_POWERS = {"": 0, "k": 10, "m": 20, "g": 30, "t": 40}


def bounds(text: str) -> tuple[int, int] | None:
    """The smallest and the largest size that fit, in bytes, or None for what is no size."""
    hit = _RANGE.fullmatch(text.strip())
    if hit is not None:
        return _bytes(hit[1], hit[2], hit[3]), _bytes(hit[4], hit[5], hit[6]) if hit[4] else LARGEST
    hit = _ONE.fullmatch(text.strip())
    if hit is None:
        return None
    size = _bytes(hit[2], hit[3], hit[4])
    return {
        ">": (size + 1, LARGEST),
        ">=": (size, LARGEST),
        "<": (0, size - 1),
        "<=": (0, size),
    }.get(hit[1] or "=", (size, size))


def _bytes(whole: str, part: str | None, unit: str | None) -> int:
    power = _POWERS[(unit or "").lower()]
    thousandths = int((part or "0").ljust(3, "0"))
    return min(LARGEST, (int(whole) << power) + ((thousandths << power) // 1000))
