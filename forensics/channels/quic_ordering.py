"""Order for bytes that come with their offset in any order and more than once, as QUIC sends them."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator

from forensics.channels.desk import Desk, Shelf

WAITING_LIMIT_BYTES = 16 << 20
"""What may wait behind a hole: more than receivers let a sender be ahead."""
WAITING_IN_ALL_BYTES = 64 << 20
_PIECE_BYTES = 200
"""What a waiting piece costs besides its bytes."""


class _Room(Shelf):
    """How much waits behind holes in all streams of all connections."""

    size = 0

    def flush(self, now: float) -> None:
        """Streams let go themselves."""

    def finish(self) -> None:
        """Nothing is left."""

    def charge(self, size: int) -> bool:
        """Ask for room; False where there is none."""
        if self.size + size > WAITING_IN_ALL_BYTES or not self.desk.charge(size):
            return False
        self.size += size
        return True

    def refund(self, size: int) -> None:
        """Give room back."""
        self.size -= size
        self.desk.refund(size)


class Ordering:
    """Bytes of one direction of one stream. What was lost on the way comes again; holes are told only at the end.

    A hole behind which too much waits is given up before.
    """

    def __init__(self, desk: Desk, *, limit: int = WAITING_LIMIT_BYTES) -> None:
        self._room = desk.shelf(_Room)
        self._limit = limit
        self._offsets: list[int] = []
        self._pieces: dict[int, bytes] = {}
        self._waiting = 0
        self._end: int | None = None
        self.next = 0
        """Offset of the next byte to come."""

    @property
    def is_over(self) -> bool:
        """Say whether everything up to the end has come."""
        return self._end is not None and self.next >= self._end

    @property
    def has_end(self) -> bool:
        """Say whether it is known where the stream ends."""
        return self._end is not None

    def end_at(self, offset: int) -> None:
        """The stream ends at this offset."""
        if self._end is None and offset >= self.next:
            self._end = offset

    def push(self, offset: int, data: bytes) -> Iterator[bytes | int]:
        """Take bytes at an offset; yields what is in order now, and the sizes of holes that are given up."""
        if self._end is not None:
            data = data[: max(0, self._end - offset)]
        if offset + len(data) <= self.next:
            return
        if offset <= self.next:
            yield self._advance(data[self.next - offset :])
            yield from self._ready()
            return
        while not self._hold(offset, data):
            yield from self._give_up()
            if offset <= self.next:
                yield from self.push(offset, data)
                return
            if not self._offsets:
                yield offset - self.next
                self.next = offset
                yield self._advance(data)
                return

    def finish(self) -> Iterator[bytes | int]:
        """Nothing more comes: yields what waits, the holes before and between, and one up to a known end."""
        while self._offsets:
            yield from self._give_up()
        if self._end is not None and self.next < self._end:
            yield self._end - self.next
            self.next = self._end

    def _hold(self, offset: int, data: bytes) -> bool:
        """Keep bytes until those before them have come; False when there is no room."""
        known = self._pieces.get(offset, b"")
        if len(known) >= len(data):
            return True
        cost = len(data) - len(known) + (0 if known else _PIECE_BYTES)
        if self._waiting + cost > self._limit or not self._room.charge(cost):
            return False
        self._waiting += cost
        if not known:
            insort(self._offsets, offset)
        self._pieces[offset] = data
        return True

    def _give_up(self) -> Iterator[bytes | int]:
        if self._offsets:
            yield self._offsets[0] - self.next
            self.next = self._offsets[0]
            yield from self._ready()

    def _ready(self) -> Iterator[bytes]:
        """What waits and is in order now."""
        taken = freed = 0
        while taken < len(self._offsets) and self._offsets[taken] <= self.next:
            offset = self._offsets[taken]
            data = self._pieces.pop(offset)
            taken += 1
            freed += len(data) + _PIECE_BYTES
            if offset + len(data) > self.next:
                yield self._advance(data[self.next - offset :])
        if taken:
            del self._offsets[:taken]
            self._waiting -= freed
            self._room.refund(freed)

    def _advance(self, data: bytes) -> bytes:
        self.next += len(data)
        return data
