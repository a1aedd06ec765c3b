"""Cuts the samples of one signal, as they are decoded, into windows: views that each fit in memory, however long it is.

Windows overlap by more than a clip is long, so that a clip at a cut stands whole in one of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from forensics.content import Spool
from forensics.model import Part

RATE = 8000
BYTES_PER_SECOND = RATE * 2
WINDOW_S = 300
OVERLAP_S = 15
_WINDOW_BYTES = WINDOW_S * BYTES_PER_SECOND
_OVERLAP_BYTES = OVERLAP_S * BYTES_PER_SECOND


class Windows:
    """One signal. `role` is empty for what stands for the recording as a whole, else it says which signal this is."""

    def __init__(self, name: str, role: str = "") -> None:
        self.name = name
        self.role = role
        self.size = 0
        self._waiting = bytearray()
        self._is_begun = False

    @property
    def seconds(self) -> float:
        """Length of what was written so far."""
        return self.size / BYTES_PER_SECOND

    def fork(self, role: str) -> Windows:
        """Another signal that was the same as this one until now."""
        other = Windows(self.name, role)
        other.size = self.size
        other._waiting = bytearray(self._waiting)
        other._is_begun = self._is_begun
        return other

    def write(self, samples: bytes) -> Iterator[Part]:
        """Add 16-bit little-endian samples at RATE; yield the windows that are full."""
        self._waiting += samples
        self.size += len(samples)
        while len(self._waiting) > _WINDOW_BYTES:
            yield self._view(_WINDOW_BYTES)
            del self._waiting[: _WINDOW_BYTES - _OVERLAP_BYTES]
            self._is_begun = True

    def finish(self) -> Iterator[Part]:
        """Yield the last window: what no earlier one holds."""
        if not self._is_begun or len(self._waiting) > _OVERLAP_BYTES:
            yield self._view(len(self._waiting))
        self._waiting.clear()

    def _view(self, length: int) -> Part:
        spool = Spool()
        spool.write(memoryview(self._waiting)[:length])
        start_s = (self.size - len(self._waiting)) / BYTES_PER_SECOND
        return Part(
            name=self.name,
            content=spool.close(),
            media_type="audio/x-pcm",
            is_view=True,
            role=self.role,
            start_s=start_s,
        )
