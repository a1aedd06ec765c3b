"""Takes the text out of HTML in one pass of constant effort a byte; broken markup costs nothing but itself."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator

from forensics.content import Content
from forensics.formats.text_encoding import decode_text

LIMIT_BYTES = 64 << 20
TAGS_AT_ONCE = 4096
_INLINE = frozenset(
    stroke + name
    for name in ("a", "b", "i", "u", "em", "strong", "span", "font", "small", "sub", "sup", "mark", "code", "wbr", "s")
    for stroke in ("", "/")
)
"""Names of tags that break no line, with a stroke before them where they close an element."""
_DROPPED = ("script", "style")
_OPENING = re.compile(r"<[A-Za-z/!?]")
_TAG = re.compile(r"([^<]*+)<(/?[A-Za-z][\w:-]*+)([^>]*+)>")
"""A text and the tag behind it: most of any page."""
_NAME = re.compile(r"(/?)\s*([A-Za-z][\w:-]*)")
_SPEAKING = ("alt", "title", "content", "value", "placeholder", "label")
_SPOKEN = re.compile(
    r"""\b(?:alt|title|content|value|placeholder|label|aria-label)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.I
)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w-]+)", re.I)


def markup_lines(content: Content, check_time: Callable[[], None]) -> Iterator[str]:
    """The visible text of an HTML file, then what its attributes say to people and its comments to nobody."""
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
    """Pieces of text with line ends at block elements; `check_time` may raise between them."""
    spoken: list[str] = []
    at = 0
    while at < len(markup):
        piece, at = _piece(markup, at, spoken)
        yield piece
        check_time()
    if spoken:
        yield "\n" + "\n".join(line for line in spoken if line.strip())


def _piece(markup: str, at: int, spoken: list[str]) -> tuple[str, int]:
    """The text from `at` on, over many tags, and where the next piece begins; adds what attributes say to `spoken`."""
    kept: list[str] = []
    for _ in range(TAGS_AT_ONCE):
        tag = _TAG.match(markup, at)
        if tag is None:
            at = _other(markup, at, kept, spoken)
        else:
            text, name, attributes = tag.groups()
            at = tag.end()
            if text:
                kept.append(html.unescape(text) if "&" in text else text)
            if "=" in attributes:
                spoken += _said(markup[tag.start(2) : at])
            if name not in _INLINE:
                at = _after(markup, at, name, kept)
        if at >= len(markup):
            break
    return "".join(kept), at


def _other(markup: str, at: int, kept: list[str], spoken: list[str]) -> int:
    """What begins with no plain tag: the text up to a comment, a declaration, a lone `<` or the end, and that."""
    opening = markup.find("<", at)
    if opening < 0:
        kept.append(html.unescape(markup[at:]))
        return len(markup)
    if opening > at:
        kept.append(html.unescape(markup[at:opening]))
    at = _skip(markup, opening)
    name = _NAME.match(markup, opening + 1, at)
    if name is None:
        kept.append("" if markup[opening + 1 : opening + 2] in ("!", "?") else markup[opening:at])
        if markup.startswith("<!--", opening):
            spoken.append(markup[opening + 4 : at].removesuffix("-->").strip())
        return at
    if markup.find("=", name.end(), at) >= 0:
        spoken += _said(markup[opening + 1 : at])
    return _after(markup, at, name[1] + name[2], kept)


def _after(markup: str, at: int, name: str, kept: list[str]) -> int:
    """Where reading goes on behind a tag, whose name has a stroke before it when it closes an element."""
    lowered = name.lower()
    if lowered not in _INLINE:
        kept.append("\n")
    if lowered not in _DROPPED:
        return at
    end = _find_end(markup, lowered, at)
    return len(markup) if end < 0 else end


def _said(tag: str) -> list[str]:
    """What the attributes of a tag say to people; most tags have none that could, which is told by its letters."""
    if tag.isascii():
        letters = tag.lower()
        if not any(map(letters.__contains__, _SPEAKING)):
            return []
    return [html.unescape(one or two) for one, two in _SPOKEN.findall(tag[:20_000])]


def _find_end(markup: str, name: str, at: int) -> int:
    found = re.compile(f"</{name}", re.I).search(markup, at)
    return found.start() if found else -1


def _skip(markup: str, opening: int) -> int:
    """Where the tag or comment that opens here ends; a lone `<` is text."""
    if markup.startswith("<!--", opening):
        end = markup.find("-->", opening + 4)
        return len(markup) if end < 0 else end + 3
    if not _OPENING.match(markup, opening):
        return opening + 1
    end = markup.find(">", opening)
    return len(markup) if end < 0 else end + 1
