"""A gzip file read as a stream that gives every byte before the place where it breaks."""

from __future__ import annotations

import zlib
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

READ_BYTES = 1 << 18


class Gunzip:
    """Unpacks one member after the other. `read` raises EOFError at a torn end and zlib.error at damage."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._packed = b""
        self._has_begun = False

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end."""
        while True:
            if not self._packed:
                self._packed = self._stream.read(READ_BYTES)
            if not self._packed:
                if self._has_begun:
                    raise EOFError("the compressed file is cut short")
                return b""
            self._has_begun = True
            data = self._inflater.decompress(self._packed, size)
            self._packed = self._inflater.unconsumed_tail
            if self._inflater.eof:
                self._packed = self._inflater.unused_data.lstrip(b"\0")
                self._inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
                self._has_begun = False
            if data:
                return data

    def readinto(self, buffer: NDArray[np.uint8]) -> int:
        """Fill the beginning of a buffer; how many bytes, none at the end."""
        data = self.read(len(buffer))
        buffer[: len(data)] = np.frombuffer(data, np.uint8)
        return len(data)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
