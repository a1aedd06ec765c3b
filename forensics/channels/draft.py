"""An object while it is crossing the wire: bytes go to the spool as they come, holes are remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forensics.content import Spool
from forensics.errors import LimitReached
from forensics.model import ByteRange, Direction, WireObject

if TYPE_CHECKING:
    from forensics.channels.base import Peers
    from forensics.channels.desk import Desk

_ZEROS = bytes(1 << 16)


class Draft:
    """Collects one object sent by `sender`. Holes become zeros, so that offsets stay; a missing end is no zeros.

    Bytes beyond the desk's limits are counted as missing, never silently left out.
    """

    def __init__(
        self,
        desk: Desk,
        peers: Peers,
        *,
        protocol: str,
        sender: int,
        direction: Direction,
        time: float,
        position: int,
        name: str = "",
        uri: str = "",
        media_type: str = "",
        encoding: str = "",
    ) -> None:
        self._desk = desk
        self._peers = peers
        self._spool: Spool | None = Spool(limit_bytes=desk.object_limit) if direction in desk.wanted else None
        self._missing: list[ByteRange] = []
        self._skipped = 0
        self._charged = 0
        self._is_full = False
        self.protocol = protocol
        self.sender = sender
        self.direction = direction
        self.time = time
        self.position = position
        self.name = name
        self.uri = uri
        self.media_type = media_type
        self.encoding = encoding
        self.is_part = False
        """Whether the object is also inside another one that is given."""
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
        self._desk.refund(self._charged)
        lost = self._skipped + max(0, missing_end)
        if lost:
            self._missing.append(ByteRange(start=spool.size, end=spool.size + lost))
        if not spool.size:
            if lost:
                self._desk.lose(
                    self._peers,
                    channel=self.protocol,
                    time=self.time,
                    cause="object lost",
                    size=lost,
                    detail=self.name,
                )
            return
        self._desk.emit(
            WireObject(
                protocol=self.protocol,
                direction=self.direction,
                name=self.name,
                content=spool.close(),
                missing=tuple(self._missing),
                source=self._peers.name(self.sender),
                destination=self._peers.name(1 - self.sender),
                uri=self.uri,
                time=self.time,
                flow=self._peers.key,
                position=self.position,
                media_type=self.media_type,
                encoding=self.encoding,
                is_part=self.is_part,
            )
        )

    def drop(self) -> None:
        """Forget it: it is no object after all."""
        self._spool = None
        self._desk.refund(self._charged)
        self._charged = 0

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
        if not self._desk.charge(len(data)):
            self._is_full = True
            self._skipped += len(data)
            return
        self._charged += len(data)
        try:
            self._spool.write(data)
        except (LimitReached, OSError):
            self._is_full = True
            self._skipped += len(data)

    def __del__(self) -> None:
        if self._spool is not None:
            self.drop()
