"""The files of the store that a caged worker reads: which there are, and that they stay usable for it."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path

from forensics.database import Connection, open_reader
from forensics.errors import StoreError
from forensics.register import references
from forensics.register.schema import FILE
from forensics.register.segments import SegmentFolder

_DATABASES = (FILE, references.FILE)
_UNSETTLED_NS = 1_000_000_000
"""A folder that changed so recently may change again with the same time."""


class Beside:
    """Holds the register's databases open. For several threads.

    A reader of a write-ahead log makes the log's index where there is none, which a worker may not: as long as somebody
    has it open, it is there. `readable` and `writable` change when something is registered for the first time.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._held: dict[str, Connection] = {}
        self._looked = -1
        self._there: frozenset[Path] = frozenset()

    def files(self) -> frozenset[Path]:
        """The files there are; costs one `stat` while the folder stays as it is."""
        with self._lock:
            changed = _changed(self._store)
            if changed != self._looked or time.time_ns() - changed < _UNSETTLED_NS:
                self._hold()
                self._there = frozenset(path for path in _wanted(self._store) if path.exists())
                self._looked = changed
            return self._there

    def close(self) -> None:
        """Let go of the databases."""
        with self._lock:
            for connection in self._held.values():
                connection.close()
            self._held.clear()

    def _hold(self) -> None:
        for name in _DATABASES:
            if name not in self._held and (self._store / name).exists():
                with contextlib.suppress(StoreError):
                    self._held[name] = open_reader(self._store / name)


def readable(store: Path) -> tuple[Path, ...]:
    """What a worker reads in a store."""
    return _wanted(store)


def writable(store: Path) -> tuple[Path, ...]:
    """What a worker writes in a store: where readers of a write-ahead log say what they read."""
    return tuple(store / f"{name}-shm" for name in _DATABASES)


def _wanted(store: Path) -> tuple[Path, ...]:
    databases = [store / (name + suffix) for name in _DATABASES for suffix in ("", "-wal", "-shm")]
    return (*databases, SegmentFolder(store / FILE).path)


def _changed(folder: Path) -> int:
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0
