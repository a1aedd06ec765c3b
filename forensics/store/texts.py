"""Values as SQLite can hold them, and back: any Python text, 64-bit numbers, real times.

File names may hold lone surrogates (undecodable bytes), which UTF-8 cannot. They are kept as private-use characters
of plane 16 (U+10F000 for U+D800 and so on); a character that is really there is preceded by U+10F800, so that every
text comes back as it was, while the file stays valid UTF-8 for sqlite-utils and datasette.
"""

from __future__ import annotations

import math
import re

TEXT_LIMIT = 4096
EARLIEST, LATEST = -62_135_596_800.0, 253_402_300_799.0
"""The years 1 to 9999 in Unix seconds: what a calendar can show."""

_SHIFT = 0x10F000 - 0xD800
_MARK = "\U0010f800"
_TO_HIDE = re.compile("[\ud800-\udfff\U0010f000-\U0010f800]")
_TO_SHOW = re.compile("\U0010f800?([\U0010f000-\U0010f800])")
_WORD = 1 << 64


def stored(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text as a column holds it; longer ones are cut to `limit` characters, with a note of how many went."""
    if len(text) > limit:
        text = f"{text[:limit]}…[{len(text) - limit} more]"
    return text if text.isascii() else _TO_HIDE.sub(_hide, text)


def restored(text: str) -> str:
    """What `stored` was given."""
    return text if text.isascii() else _TO_SHOW.sub(_show, text)


def stored_time(time: float) -> float:
    """A time every calendar can show: bounded, 0 for what is no number."""
    return 0.0 if math.isnan(time) else float(min(max(time, EARLIEST), LATEST))


def stored_real(value: float) -> float:
    """A finite number; 0 for what is none."""
    return float(value) if math.isfinite(value) else 0.0


def stored_count(value: int) -> int:
    """A number SQLite can hold; beyond 63 bits the nearest one."""
    return min(max(int(value), -(_WORD >> 1)), (_WORD >> 1) - 1)


def stored_integer(value: int) -> int:
    """An unsigned 64-bit number (inode, device) as SQLite's signed one."""
    value %= _WORD
    return value - _WORD if value >= _WORD >> 1 else value


def restored_integer(value: int) -> int:
    """What `stored_integer` was given."""
    return value % _WORD


def _hide(hit: re.Match[str]) -> str:
    char = hit.group()
    return _MARK + char if char >= "\U0010f000" else chr(ord(char) + _SHIFT)


def _show(hit: re.Match[str]) -> str:
    char = hit.group(1)
    return char if len(hit.group()) == 2 or char == _MARK else chr(ord(char) - _SHIFT)
