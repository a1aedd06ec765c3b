"""One side's TLS records out of a stream with holes, and the messages of a handshake out of records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from forensics.channels.cursor import Cursor

HEAD_BYTES = 5
RECORD_LIMIT_BYTES = (1 << 14) + (1 << 11)
"""The longest body a sealed record may have (RFC 5246 section 6.2.3)."""
MESSAGE_LIMIT_BYTES = 1 << 19
_MESSAGE_HEAD_BYTES = 4
_TYPES = frozenset(range(20, 25))


class Kind(IntEnum):
    """Content types of records."""

    CHANGE_CIPHER = 20
    ALERT = 21
    HANDSHAKE = 22
    APPLICATION = 23


@dataclass(frozen=True, slots=True)
class Record:
    """A whole record. Where one was looked for behind a hole it is but a guess until it opens."""

    head: bytes
    body: bytes
    is_guess: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """A record of which the header was seen and bytes were lost; `size` in all, `seen` of it."""

    head: bytes
    size: int
    seen: int


class Framer:
    """Cuts a stream into records; where a hole hides how many there were it looks for the next one."""

    def __init__(self) -> None:
        self._cursor = Cursor()
        self._skip = 0
        self.is_lost = False
        """Whether where the next record begins is unknown."""
        self.lost = 0
        """Bytes since the last record, holes included, while lost."""
        self.seen = 0
        """Those of them that were there."""
        self.is_nonsense = False
        """Whether the stream was found not to be made of records."""

    def __len__(self) -> int:
        """Bytes that are held."""
        return len(self._cursor)

    def data(self, chunk: bytes) -> None:
        """Take the next bytes."""
        if self._skip:
            skipped = min(self._skip, len(chunk))
            self._skip -= skipped
            chunk = chunk[skipped:]
        if chunk:
            self._cursor.push(chunk)

    def hole(self, size: int) -> Broken | None:
        """Take note of lost bytes when all whole records were taken; the record they broke, if it is known."""
        if self._skip:
            inside = min(self._skip, size)
            self._skip -= inside
            size -= inside
        if not size:
            return None
        head, have = self._cursor.peek(HEAD_BYTES), len(self._cursor)
        self._cursor.clear()
        if not self.is_lost and len(head) == HEAD_BYTES:
            total = HEAD_BYTES + _length(head)
            if have + size <= total:
                self._skip = total - have - size
                return Broken(head, total, have + self._skip)
        self.is_lost = True
        self.lost += have + size
        self.seen += have
        return None

    def next(self) -> Record | None:
        """The next record when it is whole."""
        if self.is_lost:
            return self._found()
        head = self._cursor.peek(HEAD_BYTES)
        if len(head) < HEAD_BYTES:
            return None
        length = _length(head)
        if not _is_head(head):
            self.is_nonsense = True
            return None
        if len(self._cursor) < HEAD_BYTES + length:
            return None
        self._cursor.take(HEAD_BYTES)
        return Record(head, self._cursor.take(length))

    @property
    def expected(self) -> int:
        """About how much content the record under way would have had, when its end never comes."""
        head = self._cursor.peek(HEAD_BYTES)
        return _length(head) if not self.is_lost and len(head) == HEAD_BYTES else 0

    def lose(self) -> None:
        """What looked like a record was none: look for the next."""
        self.is_lost, self.is_nonsense = True, False

    def accept(self, record: Record) -> None:
        """The record guessed opened: here it goes on."""
        self._cursor.take(HEAD_BYTES + len(record.body))
        self.is_lost = False
        self.lost = self.seen = 0

    def reject(self) -> None:
        """The record guessed was none."""
        self._drop(1)

    def _found(self) -> Record | None:
        """What looks like a record with one behind it, as far as can be seen."""
        while True:
            at = self._cursor.find(b"\x03", 1)
            if at < 0:
                self._drop(max(0, len(self._cursor) - 1))
                return None
            self._drop(at - 1)
            head = self._cursor.peek(HEAD_BYTES)
            if len(head) < HEAD_BYTES:
                return None
            if not _is_head(head):
                self._drop(1)
                continue
            end = HEAD_BYTES + _length(head)
            if len(self._cursor) < end:
                return None
            behind = self._cursor.slice(end, end + HEAD_BYTES)
            if len(behind) < HEAD_BYTES or _is_head(behind):
                return Record(head, self._cursor.slice(HEAD_BYTES, end), is_guess=True)
            self._drop(1)

    def _drop(self, size: int) -> None:
        self._cursor.take(size)
        self.lost += size
        self.seen += size


class Messages:
    """Handshake messages out of the contents of records, which may hold several or a part of one."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._skip = 0
        self._is_lost = False
        self._position = 0

    def data(self, content: bytes) -> Iterator[tuple[int, bytes, int]]:
        """Kind, body and place of each message that became whole; those too long to be held are passed over."""
        if self._is_lost:
            self._is_lost = False
            self._waiting.clear()
            self._skip = 0
        self._position += len(content)
        skipped = min(self._skip, len(content))
        self._skip -= skipped
        self._waiting += content[skipped:]
        while len(self._waiting) >= _MESSAGE_HEAD_BYTES:
            size = _MESSAGE_HEAD_BYTES + int.from_bytes(self._waiting[1:_MESSAGE_HEAD_BYTES], "big")
            if size > MESSAGE_LIMIT_BYTES:
                self._skip = max(0, size - len(self._waiting))
                del self._waiting[:size]
                continue
            if len(self._waiting) < size:
                return
            place = self._position - len(self._waiting)
            kind, body = self._waiting[0], bytes(self._waiting[_MESSAGE_HEAD_BYTES:size])
            del self._waiting[:size]
            yield kind, body, place

    def lose(self) -> None:
        """Bytes were lost: a message begins with the next record, or so it is taken."""
        self._is_lost = True


def _length(head: bytes) -> int:
    return int.from_bytes(head[3:HEAD_BYTES], "big")


def _is_head(head: bytes) -> bool:
    return head[0] in _TYPES and head[1] == 3 and head[2] <= 4 and _length(head) <= RECORD_LIMIT_BYTES
