"""One direction of a TCP connection: segments in any order become a contiguous stream with explicit holes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterator

WINDOW_BYTES = 1 << 28
"""Segments further ahead than this are not of this stream."""
PENDING_LIMIT_BYTES = 4 << 20
PENDING_LIMIT_SEGMENTS = 4096
_REMEMBERED = 4
_HALF_SPACE = 1 << 31
_SPACE = 1 << 32

Piece = tuple[int, bytes | None, int, int]
"""Stream offset, bytes or None for bytes that were not captured, size, and what comes before it on the other side."""


class Ordering:
    """Orders one side's segments by 32-bit sequence numbers into 64-bit stream offsets.

    The first bytes to arrive for an offset win (what an eavesdropper saw first); later ones that differ are
    counted in `conflicts`. `push` yields what has become contiguous: bytes, or an int for a hole's size.
    """

    __slots__ = (
        "_base",
        "_end",
        "_pending",
        "_recent",
        "after",
        "conflicts",
        "ends_after",
        "next",
        "pending_bytes",
        "pending_since",
    )

    def __init__(self, first: int, before: bytes = b"") -> None:
        """`first` is the sequence number of stream offset 0; `before` are the last bytes before it, where known."""
        self._base = first
        self._end: int | None = None
        self._pending: list[Piece] = []
        self._recent: deque[tuple[int, bytes]] = deque([(-len(before), before)], maxlen=_REMEMBERED)
        self.next = 0
        self.after = 0
        """How much of the other side's stream comes before the piece that was yielded last."""
        self.ends_after = 0
        """How much of the other side's stream comes before the end."""
        self.pending_bytes = 0
        self.pending_since = 0.0
        self.conflicts = 0

    @property
    def sequence(self) -> int:
        """The sequence number of the next byte to be delivered."""
        return (self._base + self.next) % _SPACE

    @property
    def is_waiting(self) -> bool:
        """Say whether later bytes wait for earlier ones."""
        return bool(self._pending)

    @property
    def is_ended(self) -> bool:
        """Say whether everything up to a FIN has been delivered."""
        return self._end is not None and self.next >= self._end

    @property
    def has_end(self) -> bool:
        """Say whether a FIN was seen."""
        return self._end is not None

    @property
    def is_overfull(self) -> bool:
        """Say whether too much waits, so that the missing bytes are to be given up."""
        return self.pending_bytes > PENDING_LIMIT_BYTES or len(self._pending) > PENDING_LIMIT_SEGMENTS

    def offset_of(self, sequence: int) -> int:
        """The stream offset nearest to what was delivered; negative for bytes before the beginning."""
        delta = (sequence - self._base - self.next) % _SPACE
        return self.next + (delta - _SPACE if delta >= _HALF_SPACE else delta)

    @property
    def resumes_at(self) -> int:
        """The stream offset of the first of the bytes that wait."""
        return self._pending[0][0] if self._pending else self.next

    def end_at(self, offset: int, after: int = 0) -> None:
        """Note a FIN behind the byte at `offset`, and what its sender had of the other side."""
        if self._end is None and offset >= self.next:
            self._end, self.ends_after = offset, after

    def push(self, offset: int, payload: bytes, length: int, time: float, after: int = 0) -> Iterator[bytes | int]:
        """Take a segment whose first byte has stream offset `offset`; `length` counts its bytes on the wire.

        `after` is how much of the other side's stream its sender had.
        """
        if offset > self.next + WINDOW_BYTES or offset + length < self.next:
            return
        if payload:
            self._compare(offset, payload)
        if offset <= self.next and not self._pending and length == len(payload):
            fresh = payload[self.next - offset :] if offset < self.next else payload
            if fresh:
                self.after = after
                yield self._deliver(fresh)
            return
        if not self._pending:
            self.pending_since = time
        if payload:
            self._insert(offset, payload, len(payload), after)
        if length > len(payload):
            self._insert(offset + len(payload), None, length - len(payload), after)
        yield from self._contiguous()

    def give_up(self) -> Iterator[bytes | int]:
        """Declare the bytes before the first waiting piece lost and deliver up to the next gap."""
        if not self._pending:
            return
        hole = self._pending[0][0] - self.next
        if hole > 0:
            self.next += hole
            self.after = 0
            yield hole
        yield from self._contiguous()

    def drop(self) -> int:
        """Forget what waits; the bytes forgotten."""
        lost = self.pending_bytes
        self._pending.clear()
        self.pending_bytes = 0
        return lost

    def _contiguous(self) -> Iterator[bytes | int]:
        taken = 0
        for offset, data, size, after in self._pending:
            if offset > self.next:
                break
            taken += 1
            self.after = after
            self.pending_bytes -= len(data) if data else 0
            skip = self.next - offset
            if skip >= size:
                continue
            if data is None:
                self.next += size - skip
                yield size - skip
            else:
                yield self._deliver(data[skip:] if skip else data)
        del self._pending[:taken]

    def _deliver(self, data: bytes) -> bytes:
        self._recent.append((self.next, data))
        self.next += len(data)
        return data

    def _insert(self, offset: int, data: bytes | None, size: int, after: int) -> None:
        """Keep the parts of a piece that no waiting piece covers yet."""
        start, end = max(offset, self.next), offset + size
        for first, _, length, _ in self._waiting_between(start, end):
            if start < first:
                self._keep(start, data and data[start - offset : first - offset], first - start, after)
            start = max(start, first + length)
        if start < end:
            self._keep(start, data and data[start - offset :], end - start, after)

    def _waiting_between(self, start: int, end: int) -> list[Piece]:
        """The waiting pieces that have bytes between two offsets."""
        first = bisect_right(self._pending, start, key=_start)
        last = bisect_left(self._pending, end, lo=first, key=_start)
        if first and sum(self._pending[first - 1][::2]) > start:
            first -= 1
        return self._pending[first:last]

    def _keep(self, offset: int, data: bytes | None, size: int, after: int) -> None:
        insort(self._pending, (offset, data, size, after), key=_start)
        self.pending_bytes += len(data) if data else 0

    def _compare(self, offset: int, payload: bytes) -> None:
        """Count bytes that differ from what was seen before at the same offsets."""
        end = offset + len(payload)
        if offset >= self.next and not self._pending:
            return
        waiting = self._waiting_between(offset, end)
        known = [*self._recent, *((first, data) for first, data, _, _ in waiting if data)]
        for first, data in known:
            low, high = max(first, offset), min(first + len(data), end)
            if low < high:
                ours, theirs = data[low - first : high - first], payload[low - offset : high - offset]
                if ours != theirs:
                    self.conflicts += high - low


def _start(piece: Piece) -> int:
    return piece[0]
