"""TLS secrets that clients wrote down: key log files (NSS's format, SSLKEYLOGFILE) and what captures carry."""

from __future__ import annotations

import binascii
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path

CONNECTION_LIMIT = 1 << 16
"""Connections whose secrets are kept; the oldest are forgotten first."""
READ_BYTES = 1 << 20
LINE_LIMIT_BYTES = 1 << 10
_LABELS = {
    label.encode(): label
    for label in (
        "CLIENT_RANDOM",
        "CLIENT_EARLY_TRAFFIC_SECRET",
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        "CLIENT_TRAFFIC_SECRET_0",
        "SERVER_TRAFFIC_SECRET_0",
    )
}


class KeyLog:
    """Secrets by the client's random. A file that is not there yet may come, and one that grows is read on."""

    def __init__(self, files: Sequence[Path] = ()) -> None:
        self._files = [_File(path) for path in files]
        self._known: OrderedDict[bytes, dict[str, bytes]] = OrderedDict()
        self._has_learnt = False

    def secrets(self, random: bytes) -> Mapping[str, bytes] | None:
        """What is known of a connection by now; None where nothing is known and nothing can come."""
        for file in self._files:
            for text in file.grown():
                self.learn(text)
        known = self._known.get(random)
        if known is None and not self._files and not self._has_learnt:
            return None
        return known or {}

    def learn(self, text: bytes) -> None:
        """Take lines of a key log; those that are none are passed over."""
        self._has_learnt = True
        for line in text.splitlines():
            self._learn_line(line)

    def _learn_line(self, line: bytes) -> None:
        words = line.split()
        label = _LABELS.get(words[0]) if len(words) == 3 else None
        if label is None:
            return
        try:
            random, secret = binascii.unhexlify(words[1]), binascii.unhexlify(words[2])
        except binascii.Error:
            return
        self._known.setdefault(random, {})[label] = secret
        if len(self._known) > CONNECTION_LIMIT:
            self._known.popitem(last=False)


class _File:
    """One key log file and how far it was read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode = 0
        self._at = 0
        self._rest = b""

    def grown(self) -> list[bytes]:
        """The whole lines that came since the last time, from the beginning where it is another file now."""
        try:
            now = self._path.stat()
            if (now.st_ino, now.st_size) == (self._inode, self._at):
                return []
            if now.st_ino != self._inode or now.st_size < self._at:
                self._inode, self._at, self._rest = now.st_ino, 0, b""
            return self._read()
        except OSError:
            return []

    def _read(self) -> list[bytes]:
        found = []
        with self._path.open("rb") as stream:
            stream.seek(self._at)
            while read := stream.read(READ_BYTES):
                self._at += len(read)
                lines, line_end, rest = (self._rest + read).rpartition(b"\n")
                self._rest = rest[-LINE_LIMIT_BYTES:]
                found.append(lines + line_end)
        return found
