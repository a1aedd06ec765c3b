"""A terminal that obeys the sequences of the console, known one by one, and takes every other control for a leak."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

MODES = b"|".join(
    re.escape(mode)
    for mode in (
        *(
            b"?%d%s" % (number, way)
            for number in (7, 25, 1000, 1003, 1004, 1006, 1015, 1049, 2004, 2026)
            for way in (b"h", b"l")
        ),
        *(b"?2026$p", b"?2048$p", b">25u", b"<u"),
    )
)
COLOUR = rb"[34]8;2;[0-9]{1,3};[0-9]{1,3};[0-9]{1,3}|[34]8;5;[0-9]{1,3}|[0123479]"
PIXELS = re.compile(
    rb"\x1b[78]"
    rb"|\x1bP0;1q\"1;1;[0-9]{1,4};[0-9]{1,4}(?:[#!;$-]|[0-9]|[?-~])*\x1b\\"
    rb"|\x1b_G(?:[a-zA-Z]=[a-zA-Z0-9]{1,10},?)+(?:;[A-Za-z0-9+/=]{0,4096})?\x1b\\"
    rb"|\x1b\[16t|\x1b\[c"
)
"""Pictures by sixel and by kitty's protocol, where the cursor was before, and the questions whether they are taken."""
OWN = re.compile(
    rb"\x1b\[(?P<row>[0-9]{1,4});(?P<column>[0-9]{1,4})H|\x1b\[(?:%(c)s)?(?:;(?:%(c)s))*m"
    rb"|\x1b\[(?:%(m)s)|\x1b\]22;[a-z-]+\x07" % {b"c": COLOUR, b"m": MODES}
)
"""Where to write and how, the modes of a console, the form of the pointer: all that Textual's driver writes."""
IGNORABLE = frozenset(
    map(
        chr,
        (
            *(0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0x200B, 0x2010)),
            *(*range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x2800, 0x3164, *range(0xFE00, 0xFE0E), 0xFEFF, 0xFFA0),
            *(*range(0xFFF0, 0xFFFC), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000)),
        ),
    )
)
"""Default_Ignorable_Code_Point of Unicode without the two selectors of emoji, and the blank of Braille."""
MOST_MARKS = 3


class Leak(NamedTuple):
    """What reached the terminal and where in the stream, with what stood around it."""

    at: int
    what: str
    around: str


def without_pixels(written: bytes) -> bytes:
    """What is left for `leaks` where pictures were drawn."""
    return PIXELS.sub(b"", written)


def leaks(written: bytes, *, columns: int, lines: int) -> list[Leak]:
    """Everything that a screen of that size should not have been sent."""
    found = []
    end = 0
    for own in OWN.finditer(written):
        found += _text(written, end, own.start())
        end = own.end()
        if own["row"] and not (1 <= int(own["row"]) <= lines and 1 <= int(own["column"]) <= columns):
            found.append(_leak(written, own.start(), f"cursor sent to {own['row'].decode()};{own['column'].decode()}"))
    return [*found, *_text(written, end, len(written))]


def _text(written: bytes, start: int, end: int) -> Iterator[Leak]:
    """What is wrong with a stretch between two sequences."""
    if not written[start:end].strip(b"\r\n"):
        return  # the end of a line that was drawn
    if written[start:end].isascii() and not any(byte < 32 or byte == 127 for byte in written[start:end]):
        return
    try:
        text = written[start:end].decode("utf-8")
    except UnicodeDecodeError as error:
        yield _leak(written, start + error.start, "not UTF-8")
        return
    marks = 0
    for place, character in enumerate(text):
        kind = unicodedata.category(character)
        is_mark = kind in ("Mn", "Me")
        marks = marks + 1 if is_mark else 0
        is_control = kind in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
        is_none = ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF
        if is_control or is_none or character in IGNORABLE or marks > MOST_MARKS:
            at = start + len(text[:place].encode())
            yield _leak(written, at, f"U+{ord(character):04X}" + (" stacked" if marks > MOST_MARKS else ""))


def _leak(written: bytes, at: int, what: str) -> Leak:
    return Leak(at, what, ascii(written[max(0, at - 60) : at + 60]))
