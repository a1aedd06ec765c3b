"""The folders that appeared: each is gone over once its files had time to come, for they may have come before its
watch.
"""

from __future__ import annotations

import os
import time

_DELAY_S = 0.3
_MOST = 1000


class Folders:
    """New folders and when each is due, in the order they came; one that lies in another is gone over with it."""

    def __init__(self) -> None:
        self._due: dict[str, float] = {}
        self._covered: dict[str, float] = {}

    @property
    def is_due(self) -> bool:
        """Say whether one is due."""
        return any(due <= time.monotonic() for due in list(self._due.values())[:1])

    def add(self, path: str) -> float | None:
        """A folder appeared. When they are too many, none is kept, and all is to be gone over at the time returned."""
        due = time.monotonic() + _DELAY_S
        if len(self._due) < _MOST:
            self._due.setdefault(path, due)
            return None
        self._due.clear()
        return due

    def next(self) -> str | None:
        """The next that is due, if any."""
        now = time.monotonic()
        while self._due:
            path, due = next(iter(self._due.items()))
            if due > now:
                return None
            del self._due[path]
            if not self._is_covered(path, due - _DELAY_S):
                self._covered[path] = now
                return path
        self._covered.clear()
        return None

    def _is_covered(self, path: str, noticed: float) -> bool:
        while path not in ("/", ""):
            path = os.path.dirname(path)
            if self._covered.get(path, 0.0) > noticed:
                return True
        return False
