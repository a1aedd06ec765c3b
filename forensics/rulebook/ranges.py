"""What a comparison leaves open: the numbers or the text that something may still be."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from forensics.rulebook.conditions import Kind, Node

_NUMBER = re.compile(r"0x[0-9A-Fa-f]+|0o[0-7]+|\d+(?:KB|MB)?")
_SUBJECT = re.compile(r"#\w+|filesize|size|units|clips|candidates|u?int(?:8|16|32)(?:be)?\s*\(\s*\d+\s*\)")
_TEXTS = re.compile(r"filename|path|filetype|channel|role")
_UNITS = {"KB": 1 << 10, "MB": 1 << 20}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Whole numbers from `low` to `high`, both among them; or one `text`."""

    low: float = -math.inf
    high: float = math.inf
    text: str = ""
    is_torn: bool = False

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is left."""
        return self.is_torn or self.low > self.high

    def within(self, other: Bounds) -> Bounds:
        """What both leave."""
        is_torn = self.is_torn or bool(self.text and other.text and self.text != other.text)
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Bounds(low, high, other.text or self.text, is_torn)


def bounds_of(node: Node) -> tuple[str, Bounds] | None:
    """What a comparison is about, and what it leaves; None for any other node."""
    if node.kind is not Kind.LEAF or node.sides is None:
        return None
    left, right = (side.strip() for side in node.sides)
    between = node.text[len(node.sides[0]) : len(node.text) - len(node.sides[1])].strip()
    if _TEXTS.fullmatch(left) and between == "==" and right.startswith('"'):
        return left, Bounds(text=right)
    if not (_SUBJECT.fullmatch(left) and _NUMBER.fullmatch(right)):
        return None
    value = number_of(right)
    kinds = {
        "==": Bounds(value, value),
        "<": Bounds(high=value - 1),
        "<=": Bounds(high=value),
        ">": Bounds(low=value + 1),
        ">=": Bounds(low=value),
    }
    return ("".join(left.split()), kinds[between]) if between in kinds else None


def number_of(text: str) -> int:
    """A number as YARA writes it, in bytes where it has a unit."""
    unit = _UNITS.get(text[-2:], 0)
    return int(text[:-2]) * unit if unit else int(text, 0) if text[:2] in ("0x", "0o") else int(text)
