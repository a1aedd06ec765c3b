"""Takes the text out of Rich Text Format (RTF 1.9) in one pass: groups, code pages, Unicode escapes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

_TOKEN = re.compile(r"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|([^\\{}\r\n]+)|[\r\n]+", re.S)
_SKIPPED = frozenset(
    (
        *("fonttbl", "colortbl", "stylesheet", "listtable", "listoverridetable", "rsidtbl", "generator", "themedata"),
        *("colorschememapping", "latentstyles", "datastore", "pict", "objdata", "xmlnstbl", "panose", "falt"),
        "wgrffmtfilter",
    )
)
_BREAKS = {"par": "\n", "line": "\n", "row": "\n", "sect": "\n", "page": "\n", "tab": "\t", "cell": "\t"}
_SIGNS = {"emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•"}
MAX_DEPTH = 2000


@dataclass(frozen=True, slots=True)
class _State:
    is_skipped: bool = False
    spare: int = 1
    is_starred: bool = False


@dataclass(slots=True)
class _Reader:
    """What the tokens so far mean for the next one."""

    state: _State = field(default_factory=_State)
    stack: list[_State] = field(default_factory=list)
    codec: str = "cp1252"
    to_skip: int = 0
    pending: bytearray = field(default_factory=bytearray)

    def token(self, match: re.Match[str]) -> str:
        """The text a token stands for."""
        word, number, hexed, symbol, brace, plain = match.groups()
        if hexed is not None:
            return self._hexed(int(hexed, 16))
        out = self.flush()
        if brace is not None:
            self._brace(brace)
        elif plain is not None:
            cut = min(self.to_skip, len(plain))
            self.to_skip -= cut
            out += plain[cut:].encode("latin-1", "replace").decode(self.codec, "replace")
        elif symbol is not None:
            out += self._symbol(symbol)
        elif word is not None:
            out += self._word(word, number or "")
        return "" if self.state.is_skipped else out

    def flush(self) -> str:
        """Bytes given as hex are decoded together: a character may need two."""
        text = self.pending.decode(self.codec, "replace")
        self.pending.clear()
        return text

    def _hexed(self, byte: int) -> str:
        if self.to_skip:
            self.to_skip -= 1
        elif not self.state.is_skipped:
            self.pending.append(byte)
        return ""

    def _brace(self, brace: str) -> None:
        self.to_skip = 0
        if brace == "}":
            self.state = self.stack.pop() if self.stack else _State()
        elif len(self.stack) < MAX_DEPTH:
            self.stack.append(self.state)

    def _symbol(self, symbol: str) -> str:
        if symbol == "*":
            self.state = replace(self.state, is_starred=True)
        return {"~": " ", "_": "-", "\n": "\n", "\r": "\n"}.get(symbol, symbol if symbol in "\\{}" else "")

    def _word(self, word: str, number: str) -> str:
        self.state = _control(word, number, self.state)
        if word == "ansicpg" and number:
            self.codec = _codec(number)
        if word == "u" and number:
            self.to_skip = self.state.spare
            return _character(int(number))
        return _BREAKS.get(word, _SIGNS.get(word, ""))


def rtf_text(data: str, check_time: Callable[[], None]) -> Iterator[str]:
    """Yield pieces of text; `data` is the file decoded as latin-1."""
    reader = _Reader()
    for count, match in enumerate(_TOKEN.finditer(data)):
        if count % 8192 == 0:
            check_time()
        if text := reader.token(match):
            yield text
    yield reader.flush()


def _control(word: str, number: str, state: _State) -> _State:
    if word in _SKIPPED or (state.is_starred and word not in ("atnid", "atnauthor", "annotation", "company")):
        return replace(state, is_skipped=True, is_starred=False)
    if word == "uc" and number:
        return replace(state, spare=max(0, min(int(number), 16)))
    return replace(state, is_starred=False)


def _codec(number: str) -> str:
    try:
        "".encode(f"cp{int(number)}")
    except LookupError:
        return "cp1252"
    return f"cp{int(number)}"


def _character(number: int) -> str:
    code = number + 65536 if number < 0 else number
    return chr(code) if 0 <= code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
