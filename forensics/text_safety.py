"""Makes text from evidence harmless to show: what a terminal would obey or hide is spelled out as a code point."""

from __future__ import annotations

import re

_HIDDEN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: escape sequences, tab and line ends too
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners, fillers
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, line separators, bidirectional controls
    "\u3164\ufeff\uffa0\ufff0-\uffff"  # fillers, byte-order mark, annotations, noncharacters
    "\ud800-\udfff"  # undecodable bytes of file names
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # format controls of shorthand and music
    "\U000e0000-\U000e0fff"  # tag block and its variation selectors
    "]"
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
