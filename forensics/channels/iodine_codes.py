"""The codes in which iodine writes bytes as characters of names, and the packets inside."""

from __future__ import annotations

import string
import zlib

INFLATED_LIMIT_BYTES = 1 << 16
_DEFLATED = b"\x78\xda"
"""How what zlib deflates at its best level begins."""


class Code:
    """A code of `width` bits a character, most significant first; what does not fill a byte at the end is padding."""

    def __init__(self, alphabet: bytes, width: int, *, ignores_case: bool = False) -> None:
        self._width = width
        self._values = {letter: value for value, letter in enumerate(alphabet)}
        if ignores_case:
            self._values |= {letter: value for value, letter in enumerate(alphabet.upper())}

    def values(self, text: bytes) -> list[int] | None:
        """The value of each character, or None where one is not of the code."""
        found = [self._values.get(letter, -1) for letter in text]
        return None if -1 in found else found

    def decode(self, text: bytes) -> bytes | None:
        """The bytes, or None where a character is not of the code or one too many."""
        values = self.values(text)
        if values is None or len(values) * self._width % 8 >= self._width:
            return None
        bits = 0
        for value in values:
            bits = bits << self._width | value
        size, padding = divmod(len(values) * self._width, 8)
        return (bits >> padding).to_bytes(size, "big")

    def begins_deflated(self, text: bytes) -> bool:
        """Say whether what begins with `text` may be deflated as iodine does it."""
        decoded = self.decode(text[: -(-16 // self._width)])
        return decoded is not None and decoded[:2] == _DEFLATED


_LETTERS = string.ascii_lowercase.encode()
_BOTH = string.ascii_letters.encode()
_DIGITS = string.digits.encode()
BASE32 = Code(_LETTERS + b"012345", 5, ignores_case=True)
BASE64 = Code(_BOTH + b"-" + _DIGITS + b"+", 6)
BASE64U = Code(_BOTH + b"-" + _DIGITS + b"_", 6)
BASE128 = Code(_BOTH + _DIGITS + bytes(range(0o274, 0o376)), 7)
CODES = (BASE128, BASE64, BASE64U, BASE32)
DOWN_CODES = {
    b"t": BASE32, b"s": BASE64, b"u": BASE64U, b"v": BASE128,
    b"h": BASE32, b"i": BASE64, b"j": BASE64U, b"k": BASE128,
}  # fmt: skip
"""By the letter an answer begins with: strings, then names."""


def inflate(data: bytes) -> bytes | None:
    """What was deflated, if all of it is there, its checksum is right and nothing stands behind it."""
    inflater = zlib.decompressobj()
    try:
        found = inflater.decompress(data, INFLATED_LIMIT_BYTES)
    except zlib.error:
        return None
    return found if inflater.eof and not inflater.unused_data else None


def ip_packet(frame: bytes) -> bytes:
    """The IP packet behind the four bytes of the tunnel device, or nothing."""
    for packet in (frame[4:], frame):
        if len(packet) >= 20 and packet[0] >> 4 == 4 and int.from_bytes(packet[2:4], "big") == len(packet):
            return packet
        if len(packet) >= 40 and packet[0] >> 4 == 6 and int.from_bytes(packet[4:6], "big") + 40 == len(packet):
            return packet
    return b""
