"""Undoes characters that are spelled by their number in text: `\\u8acb` of properties and string tables, `&#35531;`."""

from __future__ import annotations

import re

LEAST = 8
"""So many of them make it worth while; single ones stand in any source code."""
_SPELLED = re.compile(r"\\[uU](?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{4}))|&#(?:[xX]([0-9A-Fa-f]{1,6})|(\d{1,7}));")
_CONTINUED = re.compile(r"\\\r?\n[ \t]*")
_HALVES = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def is_spelled(text: str, name: str) -> bool:
    """Say whether the text holds several such characters; of one that is named as a string table, any."""
    least = 1 if name.lower().endswith((".properties", ".strings")) else LEAST
    found = _SPELLED.finditer(text)
    return sum(1 for _ in zip(range(least), found, strict=False)) == least


def unspelled(text: str) -> str:
    """The text with the characters themselves, and lines that go on in the next one joined (java.util.Properties)."""
    joined = _SPELLED.sub(_character, _CONTINUED.sub("", text))
    return _HALVES.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), joined)


def _character(found: re.Match[str]) -> str:
    hexadecimal = found[1] or found[2] or found[3]
    number = int(hexadecimal, 16) if hexadecimal else int(found[4])
    return chr(number) if 0x20 <= number < 0x110000 else " "
