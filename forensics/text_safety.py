"""Makes text from evidence harmless to show: what a terminal would obey or hide is spelled out as a code point."""

from __future__ import annotations

import re

_HIDDEN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: escape sequences, tab and line ends too
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners, fillers
    "\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\U00013430-\U0001343f"  # format controls
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, line separators, bidirectional controls
    "\u2800\u3164\ufeff\uffa0\ufff0-\uffff"  # blanks, fillers, byte-order mark, annotations
    "\ufe00-\ufe0d"  # variation selectors: sixteen values each, and nothing to be seen of them
    "\ud800-\udfff"  # undecodable bytes of file names
    "\ue000-\uf8ff\ufdd0-\ufdef"  # private use, which may look like anything; noncharacters
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # format controls of shorthand and music
    "\U000e0000-\U000e0fff"  # tag block and its variation selectors
    f"{''.join(chr(plane << 16 | end) for plane in range(1, 15) for end in (0xFFFE, 0xFFFF))}"  # noncharacters
    "\U000f0000-\U0010ffff"  # planes of private use
    "]"
    "|(?<![^\ufe0e\ufe0f])[\ufe0e\ufe0f]"  # how an emoji is drawn, where there is none before it
)


def visible(text: str) -> str:
    """Return `text` with every control, bidirectional, invisible or undecodable character as `<202E>`.

    The result is one line that no terminal obeys; ordinary text of any script is unchanged.
    """
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN.sub(lambda hit: f"<{ord(hit.group()):04X}>", text)


def has_hidden(text: str) -> bool:
    """Say whether `text` holds a character that `visible` would spell out; itself a sign of deceit in a name."""
    return _HIDDEN.search(text) is not None


def encodable(text: str) -> str:
    """The text with bytes of file names that are no UTF-8 spelled out (`\\xff`), so that it can be written anywhere."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
