"""Header blocks of HTTP/3 (QPACK, RFC 9204), read as far as that can be when some of the table was never seen.

A decoder of its own: what a block may unfold to is bounded, and a lost entry costs its field only.
"""

from __future__ import annotations

from collections import deque

from hpack.exceptions import HPACKDecodingError
from hpack.huffman_table import decode_huffman

from forensics.channels.qpack_static import STATIC_TABLE
from forensics.errors import Malformed

TABLE_LIMIT_BYTES = 1 << 20
FIELDS_LIMIT_BYTES = 1 << 18
"""What the fields of a block may come to; the rest is left out."""
ENTRY_BYTES = 32
"""What an entry counts besides its name and value."""
_INSTRUCTION_LIMIT_BYTES = 1 << 18
_INTEGER_LIMIT = 1 << 40

Field = tuple[bytes, bytes]
Fields = list[Field]
"""Names in lower case and values, in order."""


class FieldDecoder:
    """Reads the header blocks one side sends, with the table that its encoder stream fills."""

    def __init__(self) -> None:
        self._entries: deque[Field] = deque()
        self._size = 0
        self._capacity = 0
        self._inserted = 0
        self._waiting = b""
        self._is_lost = False
        self.most_bytes: int | None = None
        """How large the reader of the blocks lets the table be; None until its settings were seen."""

    def learn(self, data: bytes) -> None:
        """Take the next bytes of the encoder stream."""
        if self._is_lost:
            return
        self._waiting += data
        at = 0
        try:
            while at < len(self._waiting):
                at = self._instruction(_Reader(self._waiting, at))
        except IndexError:
            self._waiting = self._waiting[at:]
            if len(self._waiting) > _INSTRUCTION_LIMIT_BYTES:
                self.lose()
        except (Malformed, HPACKDecodingError):
            self.lose()
        else:
            self._waiting = b""

    def lose(self) -> None:
        """Bytes of the encoder stream were never seen: what it enters after them has no known number."""
        self._is_lost, self._waiting = True, b""

    def read(self, block: bytes, *, is_forced: bool = False) -> Fields | None:
        """The fields of a block, none of a broken one; None while it needs entries that are still to come.

        When it is forced, fields whose entries are missing are left out instead.
        """
        fields: Fields = []
        try:
            reader = _Reader(block, 0)
            required = self._required(reader.integer(8))
            if not (is_forced or self._is_lost) and (required < 0 or required > self._inserted):
                return None
            sign = reader.data[reader.at] & 0x80
            delta = reader.integer(7)
            base = required - delta - 1 if sign else required + delta
            size = 0
            while reader.at < len(block) and size <= FIELDS_LIMIT_BYTES:
                name, value = self._line(reader, base if required >= 0 else -1)
                size += len(name) + len(value) + ENTRY_BYTES
                if name:
                    fields.append((name, value))
        except (IndexError, Malformed, HPACKDecodingError):
            return []
        return fields

    def _required(self, encoded: int) -> int:
        """How many entries must have been made before the block can be read (section 4.5.1.1); -1: not known yet."""
        if not encoded:
            return 0
        if self.most_bytes is None:
            return -1
        most = self.most_bytes // ENTRY_BYTES
        if not 0 < encoded <= 2 * most:
            raise Malformed("a block that needs more than the table can hold")
        latest = self._inserted + most
        required = latest // (2 * most) * (2 * most) + encoded - 1
        return required - 2 * most if required > latest else required

    def _line(self, reader: _Reader, base: int) -> Field:
        """One field; without a name where its entry was never seen."""
        first = reader.data[reader.at]
        if first & 0x80:
            is_static, index = first & 0x40, reader.integer(6)
            return _static(index) if is_static else self._entry(base - index - 1)
        if first & 0x40:
            is_static, index = first & 0x10, reader.integer(4)
            name = (_static(index) if is_static else self._entry(base - index - 1))[0]
            return name, reader.string(7)
        if first & 0x20:
            name = reader.string(3)
            return name, reader.string(7)
        if first & 0x10:
            return self._entry(base + reader.integer(4))
        name = self._entry(base + reader.integer(3))[0]
        return name, reader.string(7)

    def _entry(self, number: int) -> Field:
        """The entry with this absolute index; an empty one where it is not known."""
        at = number - (self._inserted - len(self._entries))
        return self._entries[at] if 0 <= at < len(self._entries) else (b"", b"")

    def _instruction(self, reader: _Reader) -> int:
        """Follow one instruction (section 4.3); returns where the next begins."""
        first = reader.data[reader.at]
        if first & 0x80:
            is_static, index = first & 0x40, reader.integer(6)
            name = (_static(index) if is_static else self._entry(self._inserted - index - 1))[0]
            value = reader.string(7)
            self._enter((name, value))
        elif first & 0x40:
            name = reader.string(5)
            value = reader.string(7)
            self._enter((name, value))
        elif first & 0x20:
            self._capacity = reader.integer(5)
            if self._capacity > TABLE_LIMIT_BYTES:
                raise Malformed("a table of headers larger than is held")
            self._evict(0)
        else:
            self._enter(self._entry(self._inserted - reader.integer(5) - 1))
        return reader.at

    def _enter(self, entry: Field) -> None:
        size = _size(entry)
        if size > self._capacity:
            raise Malformed("an entry larger than the table")
        self._evict(size)
        self._entries.append(entry)
        self._size += size
        self._inserted += 1

    def _evict(self, size: int) -> None:
        while self._entries and self._size + size > self._capacity:
            self._size -= _size(self._entries.popleft())


class _Reader:
    """Integers and strings of QPACK. Raises IndexError where there is less than promised, Malformed of nonsense."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at

    def integer(self, bits: int) -> int:
        """A number that begins with the lowest `bits` of a byte (RFC 7541, section 5.1)."""
        mask = (1 << bits) - 1
        value = self.data[self.at] & mask
        self.at += 1
        if value < mask:
            return value
        shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value += (byte & 0x7F) << shift
            shift += 7
            if value > _INTEGER_LIMIT or shift > 56:
                raise Malformed("a number out of range")
            if not byte & 0x80:
                return value

    def string(self, bits: int) -> bytes:
        """A string whose length has `bits` bits, below one that says whether it is packed."""
        is_packed = self.data[self.at] & 1 << bits
        size = self.integer(bits)
        if size > _INSTRUCTION_LIMIT_BYTES:
            raise Malformed("a string out of range")
        end = self.at + size
        if end > len(self.data):
            raise IndexError
        taken, self.at = self.data[self.at : end], end
        return decode_huffman(taken) if is_packed else taken


def _static(index: int) -> Field:
    if index >= len(STATIC_TABLE):
        raise Malformed("no such entry in the static table")
    return STATIC_TABLE[index]


def _size(entry: Field) -> int:
    return len(entry[0]) + len(entry[1]) + ENTRY_BYTES
