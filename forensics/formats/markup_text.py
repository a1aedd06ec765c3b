"""Takes the text out of HTML in one pass of constant effort a byte; broken markup costs nothing but itself."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator

from forensics.content import Content
from forensics.formats.text_encoding import decode_text

LIMIT_BYTES = 64 << 20
_INLINE = frozenset(
    ("a", "b", "i", "u", "em", "strong", "span", "font", "small", "sub", "sup", "mark", "code", "wbr", "s")
)
_DROPPED = ("script", "style")
_NAME = re.compile(r"/?\s*([A-Za-z][\w:-]*)")
_SPOKEN = re.compile(
    r"""\b(?:alt|title|content|value|placeholder|label|aria-label)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.I
)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w-]+)", re.I)


def markup_lines(content: Content, check_time: Callable[[], None]) -> Iterator[str]:
    """The visible text of an HTML file, then what its attributes say to people."""
    data = content.pread(LIMIT_BYTES, 0)
    yield from text_of_markup(decode_markup(data), check_time)


def decode_markup(data: bytes) -> str:
    """HTML as text: marks first, then what it declares, then by trial."""
    declared = _CHARSET.search(data[:2048])
    if declared and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass
    return decode_text(data) or data.decode("utf-8", "replace")


def text_of_markup(markup: str, check_time: Callable[[], None]) -> Iterator[str]:
    """Pieces of text with line ends at block elements."""
    spoken: list[str] = []
    at, steps = 0, 0
    while at < len(markup):
        steps += 1
        if steps % 4096 == 0:
            check_time()
        opening = markup.find("<", at)
        if opening < 0:
            yield html.unescape(markup[at:])
            break
        if opening > at:
            yield html.unescape(markup[at:opening])
        at = _skip(markup, opening)
        tag = markup[opening + 1 : at]
        name = _NAME.match(tag)
        if name is None:
            yield "" if tag[:1] in ("!", "?") else markup[opening:at]
            continue
        lowered = name[1].lower()
        yield "" if lowered in _INLINE else "\n"
        spoken += [html.unescape(one or two) for one, two in _SPOKEN.findall(tag[:20_000])]
        if lowered in _DROPPED and not tag.startswith("/"):
            end = _find_end(markup, lowered, at)
            at = len(markup) if end < 0 else end
    if spoken:
        yield "\n" + "\n".join(line for line in spoken if line.strip())


def _find_end(markup: str, name: str, at: int) -> int:
    found = re.compile(f"</{name}", re.I).search(markup, at)
    return found.start() if found else -1


def _skip(markup: str, opening: int) -> int:
    """Where the tag or comment that opens here ends; a lone `<` is text."""
    if markup.startswith("<!--", opening):
        end = markup.find("-->", opening + 4)
        return len(markup) if end < 0 else end + 3
    if not re.match(r"<[A-Za-z/!?]", markup[opening : opening + 2]):
        return opening + 1
    end = markup.find(">", opening)
    return len(markup) if end < 0 else end + 1
