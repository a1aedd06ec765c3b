"""An object that arrives in pieces at any offset: writes to a share, ranges of a download, resumed uploads."""

from __future__ import annotations

import hashlib
import os
from bisect import bisect_left, bisect_right

from forensics.channels.crossing import Crossing
from forensics.content import IN_MEMORY_BYTES, Content, Spool
from forensics.model import ByteRange

ISLAND_LIMIT = 1 << 16
"""Separate stretches an object may consist of; what would make one more is not kept."""
OFFSET_LIMIT = 1 << 60
"""Offsets beyond this are no file's; what is said to lie there is a Gap."""
_PAGE_BYTES = 4096
_BLOCK_BYTES = 1 << 20


class Patchwork(Crossing):
    """Puts one object sent by `sender` together by offset: `write_at` in any order, then `finish` or `drop`.

    Where bytes come again, the last ones stand, as in a file; different ones they replace are told as a Gap.
    Stretches never written are zeros and `missing`. Bytes beyond the desk's limits are counted as missing too.
    """

    def __post_init__(self) -> None:
        """Nothing has come yet."""
        self._sheet: _Sheet | None = _Sheet()
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._reach = 0
        self._replaced = 0
        self._misplaced = 0

    @property
    def size(self) -> int:
        """How far the object goes as far as is known, holes included."""
        return max(self._reach, self._ends[-1] if self._ends else 0)

    @property
    def is_whole(self) -> bool:
        """Say whether nothing is missing up to `size`."""
        return self._starts in ([], [0]) and (self._ends[-1] if self._ends else 0) == self.size

    def head(self, size: int) -> bytes:
        """The first bytes, up to `size`, as far as they came without a hole."""
        known = self._ends[0] if self._starts[:1] == [0] else 0
        return self._sheet.read(0, min(size, known)) if self._sheet else b""

    def write_at(self, offset: int, data: bytes) -> None:
        """Take bytes that belong at `offset`."""
        if self._sheet is None or not data:
            return
        if not 0 <= offset <= OFFSET_LIMIT:
            self._misplaced += len(data)
            return
        self.reach(offset + len(data))
        kept = data[: max(0, self.desk.object_limit - offset)]
        if kept and self._make_room(offset, offset + len(kept)):
            self._put(offset, kept)

    def reach(self, end: int) -> None:
        """Note that the object goes at least up to `end`, whether or not the bytes before it come."""
        self._reach = max(self._reach, min(end, OFFSET_LIMIT))

    def finish(self, total: int = -1, *, origin: int = 0) -> None:
        """Hand the object over, which is at least `total` bytes long where that is known.

        It begins at `origin`, up to where nothing was written.
        """
        if self._sheet is None:
            return
        self.reach(total)
        sheet, self._sheet = self._sheet, None
        self._refund()
        self._lose("overwritten", self._replaced)
        self._lose("offset out of range", self._misplaced)
        if self._ends:
            self._give(sheet.close(origin), self._missing(origin))
        else:
            self._lose("object lost", self._reach - origin)

    def drop(self) -> None:
        """Forget it: it is no object after all."""
        self._sheet = None
        self._refund()

    def _make_room(self, start: int, end: int) -> bool:
        """Ask for what is new between two offsets; a new stretch fills a page more."""
        first, last = bisect_left(self._ends, start), bisect_right(self._starts, end)
        known = sum(min(self._ends[i], end) - max(self._starts[i], start) for i in range(first, last))
        if first == last and len(self._starts) >= ISLAND_LIMIT:
            return False
        cost = end - start - known + (_PAGE_BYTES if first == last else 0)
        return self._charge(cost)

    def _put(self, start: int, data: bytes) -> None:
        assert self._sheet is not None
        end = start + len(data)
        first, last = bisect_left(self._ends, start), bisect_right(self._starts, end)
        try:
            for known in range(first, last):
                at, stop = max(self._starts[known], start), min(self._ends[known], end)
                if at < stop:
                    self._replaced += _differing(self._sheet.read(at, stop - at), data[at - start : stop - start])
            self._sheet.write(start, data)
        except OSError:
            return
        if first < last:
            start, end = min(start, self._starts[first]), max(end, self._ends[last - 1])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]

    def _missing(self, origin: int) -> tuple[ByteRange, ...]:
        between = zip([origin, *self._ends], [*self._starts, self.size], strict=True)
        return tuple(ByteRange(start=start - origin, end=end - origin) for start, end in between if start < end)

    def __del__(self) -> None:
        if self._sheet is not None:
            self.drop()


class _Sheet:
    """Bytes by offset, zeros where none were written: in memory, then in a memory-backed file with holes.

    The digest is kept up as long as everything comes in order.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._fd: int | None = None
        self._size = 0
        self._digest: hashlib._Hash | None = hashlib.sha256()

    def write(self, offset: int, data: bytes) -> None:
        """Put bytes at an offset; raises OSError when there is no room."""
        if offset != self._size:
            self._digest = None
        end = max(self._size, offset + len(data))
        if self._fd is None and end > IN_MEMORY_BYTES:
            self._fd = os.memfd_create("earwitness", os.MFD_CLOEXEC)
            _write_all(self._fd, self._buffer, 0)
            self._buffer = bytearray()
        if self._fd is None:
            self._buffer.extend(bytes(end - len(self._buffer)))
            self._buffer[offset : offset + len(data)] = data
        else:
            _write_all(self._fd, data, offset)
        self._size = end
        if self._digest:
            self._digest.update(data)

    def read(self, offset: int, size: int) -> bytes:
        """What is at an offset."""
        if self._fd is None:
            return bytes(self._buffer[offset : offset + size])
        return os.pread(self._fd, size, offset)

    def close(self, origin: int) -> Content:
        """Hand the bytes from `origin` on over; the sheet is not used afterwards."""
        if origin:
            spool = Spool()
            for at in range(origin, self._size, _BLOCK_BYTES):
                spool.write(self.read(at, min(_BLOCK_BYTES, self._size - at)))
            return spool.close()
        sha256 = self._digest.hexdigest() if self._digest else ""
        if self._fd is None:
            return Content(data=bytes(self._buffer), size=self._size, sha256=sha256)
        fd, self._fd = self._fd, None
        return Content(fd=fd, size=self._size, sha256=sha256)

    def __del__(self) -> None:
        if self._fd is not None:
            os.close(self._fd)


def _write_all(fd: int, data: bytes | bytearray, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view, offset = view[written:], offset + written


def _differing(ours: bytes, theirs: bytes) -> int:
    """How many bytes differ, whatever pieces they came in."""
    if ours == theirs:
        return 0
    size = min(len(ours), len(theirs))
    difference = int.from_bytes(ours[:size], "big") ^ int.from_bytes(theirs[:size], "big")
    return size - difference.to_bytes(size, "big").count(0) + abs(len(ours) - len(theirs))
