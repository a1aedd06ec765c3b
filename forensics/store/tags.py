"""Field values as tokens of the full-text index, and text as the index reads it.

A filter that stands inside the index costs what a word costs; beside it, every hit must be fetched. So each field
value becomes one token such as `u_user1`, `ch_http` or `rule_ew_aud_1`. Every tag holds an underscore and no other
indexed text does (`plain` makes it a space), so a file named `u_user1` never passes for a user.
"""

from __future__ import annotations

import re
from functools import lru_cache

TAG_LENGTH = 200
DIGITS = 16
"""Of a digest, in the index: two of ten million share them once in ten billion stores."""
PREFIXES = {
    "rule": "rule",
    "channel": "ch",
    "user": "u",
    "host": "h",
    "clip": "clip",
    "package": "pkg",
    "programme": "prog",
    "severity": "sev",
    "type": "type",
    "outcome": "out",
    "sha256": "d",
    "size": "sz",
    "suppressed": "sup",
}
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff])"
)
_NO_WORD = re.compile(r"\W")
_NO_TEXT = re.compile("[_\x00-\x1f\ud800-\udfff]")


@lru_cache(maxsize=50_000)
def tag(field: str, value: str) -> str:
    """The token of one field's value: case folded, everything that is no letter or digit an underscore.

    Of a digest the first sixteen digits, of a size (bytes) the power of two it reaches.
    """
    if field == "sha256":
        return f"{PREFIXES[field]}_{value[:DIGITS]}"
    if field == "size":
        return size_tag(int(value).bit_length())
    return f"{PREFIXES[field]}_" + _NO_WORD.sub("_", value[:TAG_LENGTH].casefold())


def size_tag(bits: int) -> str:
    """The token of all sizes (bytes) of so many binary digits."""
    return f"{PREFIXES['size']}_{bits}"


def plain(text: str) -> str:
    """Text for the index and for phrases: no underscores, and scripts without spaces split into characters."""
    if text.isascii() and text.isprintable():
        return text.replace("_", " ")
    text = _NO_TEXT.sub(" ", text)
    return text if text.isascii() else _UNSPACED.sub(r" \1 ", text)


def has_words(text: str) -> bool:
    """Say whether the index would find any token in `plain` text."""
    return any(char.isalnum() or "\ue000" <= char <= "\uf8ff" or char >= "\U000f0000" for char in text)
