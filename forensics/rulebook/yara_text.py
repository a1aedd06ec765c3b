"""Bytes and words as YARA source."""

from __future__ import annotations

_PRINTABLE = range(32, 127)
_TEXT_SHARE = 0.6
_NAMED = {9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 92: "\\\\"}


def string_of(data: bytes) -> str:
    """A string's definition for fixed bytes: text where it mostly reads as such, else hexadecimal."""
    readable = sum(byte in _PRINTABLE or byte in _NAMED for byte in data)
    if readable < _TEXT_SHARE * len(data):
        return "{ " + " ".join(f"{byte:02X}" for byte in data) + " }"
    return quoted_bytes(data)


def quoted_bytes(data: bytes) -> str:
    """Bytes between quotation marks."""
    return '"' + "".join(_NAMED.get(b) or (chr(b) if b in _PRINTABLE else f"\\x{b:02x}") for b in data) + '"'


def quoted(text: str) -> str:
    """A text for meta: one line, nothing that ends it early."""
    plain = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'
