"""Puts the text of a segment together: inline tags are dropped, and words stay apart or together as they were read.

XLIFF 1.2 (2008) section 2.2, XLIFF 2.1 (2018) section 4.2.3, TMX 1.4b section 2.5, and memoQ's characters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

CODES = frozenset(("bpt", "ept", "ph", "it", "ut"))
"""Elements whose own text is the code of a tag and none of the segment's."""
_BREAK_TYPES = frozenset(("lb", "pb", "x-lb", "x-br", "x-tab", "x-linebreak", "x-line-break", "xlf:lb", "xlf:pb"))
_BREAK = re.compile(
    r"(?:<|&lt;)\s*/?\s*(?:br|p|li|div|tr|td|th|tab|h[1-6])\b"
    r"|[\r\n\t\u2028]|\\[nrt]|&#(?:x0*[9ad]|0*(?:9|1[03]));|^\s+$",
    re.I,
)
_CODE_CHARACTERS = 200


@dataclass(slots=True)
class InlineText:
    """One segment while it is read, in pieces that carry the mark (`mid`) of the sub-segment they stand in."""

    _pieces: list[tuple[str, list[str]]] = field(default_factory=lambda: [("", [])])
    _marks: list[bool] = field(default_factory=list)
    _codes: int = 0
    _code: str = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An inline element begins: it may stand for a character or a break, or mark a sub-segment."""
        if name == "mrk":
            is_segment = attributes.get("mtype") == "seg"
            self._marks.append(is_segment)
            if is_segment:
                self._pieces.append((attributes.get("mid", ""), []))
            return
        if name in CODES:
            self._codes += 1
            self._code = ""
        self._add(_character(name, attributes))

    def text(self, data: str) -> bool:
        """Take characters; False where they are the code of a tag, which is no text of the segment."""
        if self._codes:
            self._code = (self._code + data)[:_CODE_CHARACTERS]
            return False
        self._add(data)
        return True

    def end(self, name: str) -> None:
        """An inline element ends."""
        if name == "mrk" and self._marks:
            if self._marks.pop():
                self._pieces.append(("", []))
        elif name in CODES and self._codes:
            self._codes -= 1
            if _BREAK.search(self._code):
                self._add(" ")

    def segments(self) -> list[tuple[str, str]]:
        """Mark and text of every piece that holds any, white space made single."""
        joined = ((mark, " ".join("".join(pieces).split())) for mark, pieces in self._pieces)
        return [(mark, text) for mark, text in joined if text]

    def _add(self, data: str) -> None:
        if data:
            self._pieces[-1][1].append(data)


def _character(name: str, attributes: Mapping[str, str]) -> str:
    """What an empty element stands for: a character by its code, a line break or tab, or nothing one reads."""
    if name == "cp":
        return _code_point(attributes.get("hex", ""))
    if name == "ch":
        return attributes.get("val", "")
    kinds = {attributes.get(key, "").lower() for key in ("ctype", "subType", "type")}
    shown = (attributes[key] for key in ("equiv-text", "equiv", "disp") if key in attributes)
    return " " if kinds & _BREAK_TYPES or any(map(_BREAK.search, shown)) else ""


def _code_point(digits: str) -> str:
    """The character of a hexadecimal code; a control or half of a pair is a space."""
    number = int(digits, 16) if re.fullmatch(r"[0-9A-Fa-f]{1,6}", digits) else 0
    return chr(number) if 0x20 <= number < 0xD800 or 0xE000 <= number < 0x110000 else " "
