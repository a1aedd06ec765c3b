"""Text as it is compared: tokens in a form that case, accents, punctuation, wrapping and look-alikes do not change.

Every token keeps its place in the text it came from, so that a match can be shown where it stands.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f"  # Myanmar
    "\u1780-\u17ff"  # Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
"""Ranges of the scripts written without spaces: there every character is a token."""

_LOOKALIKES = {
    "аᴀɑα": "a", "вβᴃ": "b", "сϲᴄ": "c", "ԁ": "d", "еεє": "e", "ɡց": "g", "һнηհ": "h",
    "іıιlӏɩ": "i", "јϳ": "j", "кκ": "k", "мμ": "m", "пո": "n", "оοօσ": "o", "рρ": "p", "ԛզ": "q",
    "ѕ": "s", "тτ": "t", "υս": "u", "ѵν": "v", "ԝω": "w", "хχ": "x", "уүγ": "y", "ζ": "z",
}  # fmt: skip
_FOLDS = str.maketrans({glyph: letter for glyphs, letter in _LOOKALIKES.items() for glyph in glyphs})
_DIGITS_AS_LETTERS = str.maketrans("015", "ois")
_MARK_RANGES = ((0x300, 0x36F), (0x483, 0x489), (0x591, 0x5C7), (0x610, 0x61A), (0x64B, 0x65F), (0x3099, 0x309A))
_SEPARATING = frozenset(
    {"Zs", "Zl", "Zp", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cc", "Cs", "Co"}
)
_ENCLOSED_LETTERS = range(0x24B6, 0x24EA)


def normal_form(token: str) -> str:
    """The form a token is compared in; empty when nothing of it is written.

    Compatibility decomposition, case folding, optional marks and invisible characters dropped (zero width, soft
    hyphen, direction), look-alike letters of other scripts and digits inside words folded onto Latin letters.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", token).casefold())
    if not folded.isascii():
        folded = "".join(character for character in folded if _is_written(character))
    else:
        folded = "".join(character for character in folded if character.isalnum())
    if any(character.isdigit() for character in folded) and any(character.isalpha() for character in folded):
        folded = folded.translate(_DIGITS_AS_LETTERS)
    return folded.translate(_FOLDS)


def tokens(text: str) -> list[str]:
    """Every token as written: words, or characters of unspaced scripts.

    A word hyphenated at a line's end is one token; an apostrophe inside a word does not end it.
    """
    found: list[str] = _pattern(is_ascii=text.isascii()).findall(text)
    return found


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Where each of the tokens begins and ends in the text."""
    return (found.span() for found in _pattern(is_ascii=text.isascii()).finditer(text))


@cache
def _pattern(*, is_ascii: bool) -> re.Pattern[str]:
    """The same for all texts; where they are ASCII, what cannot occur is left out for speed."""
    inside = "[0-9A-Za-z]" if is_ascii else f"[^{_separators()}{UNSPACED}]"
    joint = r"(?:['’]|[-‐\u00ad]\r?\n[ \t]*|(?<=\u00ad)\r?\n[ \t]*)"
    words = f"{inside}+(?:{joint}{inside}+)*"
    return re.compile(words if is_ascii else f"{words}|[{UNSPACED}]")


@cache
def _separators() -> str:
    """The characters between words, as ranges of a regular expression."""
    ranges: list[list[int]] = []
    for code in range(0x20000):
        if not _is_separating(code):
            continue
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    ranges.append([0xE0100, sys.maxunicode])
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in ranges)


def _is_separating(code: int) -> bool:
    if code in _ENCLOSED_LETTERS:
        return False
    return unicodedata.category(chr(code)) in _SEPARATING


@lru_cache(maxsize=1 << 16)
def _is_written(character: str) -> bool:
    code = ord(character)
    if any(first <= code <= last for first, last in _MARK_RANGES):
        return False
    return unicodedata.category(character)[0] in "LNM" and not 0xFE00 <= code <= 0xFE0F
