"""An object while it is crossing the wire: bytes go to the spool as they come, holes are remembered."""

from __future__ import annotations

from forensics.channels.crossing import Crossing
from forensics.content import Spool
from forensics.errors import LimitReached
from forensics.model import ByteRange

_ZEROS = bytes(1 << 16)


class Draft(Crossing):
    """Collects one object sent by `sender`. Holes become zeros, so that offsets stay; a missing end is no zeros.

    Bytes beyond the desk's limits are counted as missing, never silently left out.
    """

    def __post_init__(self) -> None:
        """Nothing has come yet."""
        is_wanted = self.direction in self.desk.wanted
        self._spool: Spool | None = Spool(limit_bytes=self.desk.object_limit) if is_wanted else None
        self._missing: list[ByteRange] = []
        self._skipped = 0
        self._is_full = False
        self.least = 0
        """Objects smaller than this are dropped when they end."""

    @property
    def size(self) -> int:
        """Bytes of the object so far, holes included."""
        return (self._spool.size if self._spool else 0) + self._skipped

    def write(self, data: bytes) -> None:
        """Append bytes."""
        if self._spool is None or not data:
            return
        if self._is_full:
            self._skipped += len(data)
            return
        if self._skipped:
            self._fill()
        self._keep(data)

    def skip(self, size: int) -> None:
        """Note that the next `size` bytes were never seen."""
        if self._spool is not None:
            self._skipped += max(0, size)

    def finish(self, *, missing_end: int = 0) -> None:
        """Hand the object over; `missing_end` bytes of it had been announced and never came."""
        if self._spool is None:
            return
        if self.size + missing_end < self.least:
            self.drop()
            return
        spool, self._spool = self._spool, None
        self._refund()
        lost = self._skipped + max(0, missing_end)
        if lost:
            self._missing.append(ByteRange(start=spool.size, end=spool.size + lost))
        if spool.size:
            self._give(spool.close(), tuple(self._missing))
        else:
            self._lose("object lost", lost)

    def drop(self) -> None:
        """Forget it: it is no object after all."""
        self._spool = None
        self._refund()

    def _fill(self) -> None:
        assert self._spool is not None
        start, size, self._skipped = self._spool.size, self._skipped, 0
        while size and not self._is_full:
            self._keep(_ZEROS[:size])
            size -= min(size, len(_ZEROS))
        if self._is_full:
            self._skipped += size
        self._missing.append(ByteRange(start=start, end=self._spool.size))

    def _keep(self, data: bytes) -> None:
        assert self._spool is not None
        if not self._charge(len(data)):
            self._is_full = True
            self._skipped += len(data)
            return
        try:
            self._spool.write(data)
        except (LimitReached, OSError):
            self._is_full = True
            self._skipped += len(data)

    def __del__(self) -> None:
        if self._spool is not None:
            self.drop()
