"""What all NFS connections of a network know together: names of handles, and the files that are being used."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from forensics.channels.base import Peers
from forensics.channels.desk import Shelf
from forensics.channels.headers import text
from forensics.channels.shared_file import Place, SharedFile
from forensics.model import Direction

if TYPE_CHECKING:
    from forensics.channels.desk import Desk

NAME_LIMIT = 16_384
FILE_LIMIT = 1024
DEPTH_LIMIT = 32
IDLE_S = 60.0
COMMITTED_IDLE_S = 20.0
"""Longer than bytes wait for lost packets, so that a file is not cut in two where packets were lost."""


class _Used:
    """A file somebody uses, the connections it went over, and when it was used last."""

    def __init__(self, file: SharedFile, handle: bytes) -> None:
        self.file = file
        self.handle = handle
        self.flows: set[str] = set()
        self.time = 0.0
        self.is_committed = False


class NfsFiles(Shelf):
    """Files by client, server and handle, over any number of connections.

    NFS 4 closes a file. Before, nothing does: it is over when nothing was heard of it for IDLE_S in capture time,
    COMMITTED_IDLE_S after a commit, or when the last connection it went over has ended.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._names: OrderedDict[tuple[str, bytes], tuple[bytes, str]] = OrderedDict()
        self._used: OrderedDict[tuple[str, str, bytes], _Used] = OrderedDict()

    def name(self, peers: Peers, client: int, handle: bytes, name: bytes, parent: bytes = b"") -> None:
        """A handle stands for `name` in the folder of the handle `parent`, or for an exported path."""
        if name in (b".", b"..", b"") or not handle or handle == parent:
            return
        key = peers.ends[1 - client][0], handle
        self._names[key] = parent, text(name)
        self._names.move_to_end(key)
        if len(self._names) > NAME_LIMIT:
            self._names.popitem(last=False)

    def write(self, direction: Direction, handle: bytes, offset: int, data: bytes, place: Place) -> None:
        """Take bytes of a file."""
        self._use(handle, place).file.write(direction, offset, data, place)

    def reach(self, direction: Direction, handle: bytes, end: int, place: Place) -> None:
        """Note that bytes of a file up to `end` are on their way."""
        self._use(handle, place).file.reach(direction, end, place)

    def end(self, handle: bytes, end: int, place: Place) -> None:
        """The server says how large a file is that is being read."""
        used = self._used.get(_key(handle, place))
        if used:
            used.file.end = end

    def commit(self, handle: bytes, place: Place) -> None:
        """The client has nothing more to write for now."""
        used = self._used.get(_key(handle, place))
        if used:
            used.is_committed, used.time = True, place.time

    def close(self, handle: bytes, place: Place) -> None:
        """The client has closed a file."""
        used = self._used.pop(_key(handle, place), None)
        if used:
            self._finish(_key(handle, place), used)

    def over(self, flow: str) -> None:
        """A connection has ended."""
        for key, used in list(self._used.items()):
            used.flows.discard(flow)
            if not used.flows:
                self._finish(key, self._used.pop(key))

    def flush(self, now: float) -> None:
        """Hand over files of which nothing was heard for long."""
        for key, used in list(self._used.items()):
            if now - used.time > (COMMITTED_IDLE_S if used.is_committed else IDLE_S):
                self._finish(key, self._used.pop(key))

    def finish(self) -> None:
        """Hand over every file."""
        while self._used:
            self._finish(*self._used.popitem(last=False))

    def _use(self, handle: bytes, place: Place) -> _Used:
        key = _key(handle, place)
        used = self._used.get(key)
        if used is None:
            file = SharedFile(self.desk, protocol="nfs")
            file.is_file = True
            used = self._used[key] = _Used(file, handle)
            if len(self._used) > FILE_LIMIT:
                self._finish(*self._used.popitem(last=False))
        self._used.move_to_end(key)
        used.flows.add(place.peers.key)
        used.time, used.is_committed = place.time, False
        return used

    def _finish(self, key: tuple[str, str, bytes], used: _Used) -> None:
        used.file.path = self._path(key[1], used.handle)
        used.file.finish()

    def _path(self, server: str, handle: bytes) -> str:
        """The path as far as it is known; the handle itself where nothing is."""
        parts: list[str] = []
        at = handle
        while len(parts) < DEPTH_LIMIT and (known := self._names.get((server, at))):
            at = known[0]
            parts.append(known[1].strip("/"))
        return "/".join(reversed(parts)) or handle.hex()


def _key(handle: bytes, place: Place) -> tuple[str, str, bytes]:
    return place.peers.ends[place.client][0], place.peers.ends[1 - place.client][0], handle
