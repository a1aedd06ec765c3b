"""A file on a share between its opening and its closing: what was written to it and what was read from it."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.channels.headers import NAME_LIMIT
from forensics.channels.patchwork import Patchwork
from forensics.model import Direction

if TYPE_CHECKING:
    from forensics.channels.base import Peers
    from forensics.channels.desk import Desk

_CALL = re.compile(rb"\x05[\0\1][\0-\x13][\s\S][\0\x10][\0-\3]\0\0")
"""How a message of remote calls (DCE/RPC) begins, which is what goes through pipes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where on the wire bytes of a file are: the connection, its client, the offset in the stream and the time."""

    peers: Peers
    client: int
    position: int
    time: float


class SharedFile:
    """Collects both directions by offset; `finish` gives one object for each that carried bytes."""

    def __init__(self, desk: Desk, *, protocol: str, path: str = "", share: str = "") -> None:
        self._desk = desk
        self._protocol = protocol
        self._works: dict[Direction, Patchwork] = {}
        self.path = path
        """Its path on the share, or a handle where the opening was not seen."""
        self.share = share
        self.is_file: bool | None = None
        """False for pipes, which carry no file; None where nobody said."""
        self.handle: Hashable = None
        self.tree: Hashable = None
        self.number = 0
        """Its place among all files of the connection."""
        self.is_closing = False
        self.is_over = False
        """Whether it was handed over; what still comes is another object."""
        self.end = -1
        """The file's size on the server when it was opened, -1 unknown."""
        self.set_end = -1
        """The size the client gave it, -1 none."""

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was written or read."""
        return not self._works

    def write(self, direction: Direction, offset: int, data: bytes, place: Place) -> None:
        """Take bytes that belong at `offset`."""
        if data and self.is_file is not False:
            self._work(direction, place).write_at(offset, data)

    def reach(self, direction: Direction, end: int, place: Place) -> None:
        """Note that bytes up to `end` are on their way."""
        if self.is_file is not False:
            self._work(direction, place).reach(end)

    def tail(self, direction: Direction) -> int:
        """Where the next byte would be appended, as far as is known."""
        work = self._works.get(direction)
        return max(work.size if work else 0, self.end, 0)

    def finish(self) -> None:
        """Hand over what crossed the wire."""
        works, self._works, self.is_over = self._works, {}, True
        path = self.path.replace("\\", "/").strip("/")
        for direction, work in works.items():
            if self.is_file is False or (self.is_file is None and _CALL.match(work.head(8))):
                work.drop()
                continue
            work.name = path.rpartition("/")[2][:NAME_LIMIT]
            work.uri += "/".join(part for part in (self.share, path) if part)
            work.finish(self.set_end if direction is Direction.UP else self.end)

    def _work(self, direction: Direction, place: Place) -> Patchwork:
        work = self._works.get(direction)
        if work is None:
            self.is_over = False
            work = self._works[direction] = Patchwork(
                self._desk,
                place.peers,
                protocol=self._protocol,
                sender=place.client if direction is Direction.UP else 1 - place.client,
                direction=direction,
                time=place.time,
                position=place.position,
                uri=f"{self._protocol}://{place.peers.name(1 - place.client)}/",
            )
        return work
