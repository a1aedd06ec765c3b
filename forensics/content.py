"""Bytes by handle: size, digest, open(). Content in flight lives in memory or in memory-backed files."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from forensics.errors import InputError, LimitReached

IN_MEMORY_BYTES = 1 << 20
CHUNK_BYTES = 1 << 20
KEPT_BYTES = 1 << 16
"""Content of a file up to this size stays in memory once it was read whole."""
PIECE_BYTES = 1 << 15
"""A spool keeps what is written to it in pieces of at least this size as they are; smaller ones are joined."""


Data = bytes


class Allowance:
    """Memory that spools of this process may share for content larger than IN_MEMORY_BYTES."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._lock = threading.RLock()  # what is collected while it is held gives back too

    def take(self, size: int) -> bool:
        """Ask for bytes; False when there are not so many left."""
        with self._lock:
            if size > self._left:
                return False
            self._left -= size
            return True

    def give_back(self, size: int) -> None:
        """Bytes are held no more."""
        if size:
            with self._lock:
                self._left += size


MEMORY = Allowance(32 << 20)


class Content:
    """Immutable bytes of known size, read through one file descriptor or from memory.

    Readers are independent: `open()` may be called many times and from many threads.
    The digest is computed at most once.
    """

    __slots__ = ("_charged", "_data", "_fd", "_pieces", "_sha256", "size")

    def __init__(
        self,
        *,
        data: bytes | None = None,
        pieces: list[bytes] | None = None,
        fd: int | None = None,
        size: int,
        sha256: str = "",
        charged: int = 0,
    ) -> None:
        """`pieces` are `data` not joined yet; `charged` bytes of them are given back to MEMORY in the end."""
        self._data = data
        self._pieces = pieces
        self._charged = charged
        self._fd = fd
        self._sha256 = sha256
        self.size = size

    @classmethod
    def of(cls, data: bytes) -> Content:
        """Wrap bytes that are already in memory."""
        return cls(data=data, size=len(data))

    @classmethod
    def at(cls, path: Path | str) -> Content:
        """Hold a regular file open without following a final symbolic link.

        Raises InputError when the path is not a readable regular file.
        """
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}") from error
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise InputError(f"{path}: not a regular file")
        return cls(fd=fd, size=os.fstat(fd).st_size)

    @classmethod
    def from_fd(cls, fd: int, *, sha256: str = "") -> Content:
        """Take over a descriptor of a seekable file; this object closes it."""
        return cls(fd=fd, size=os.fstat(fd).st_size, sha256=sha256)

    @classmethod
    def recorded(cls, *, size: int, sha256: str) -> Content:
        """Stand for bytes that are not at hand: size and digest only; reading them raises InputError."""
        return cls(size=size, sha256=sha256)

    @property
    def is_at_hand(self) -> bool:
        """Say whether the bytes can be read."""
        return self._data is not None or self._pieces is not None or self._fd is not None

    @property
    def sha256(self) -> str:
        """The hexadecimal SHA-256 of the bytes; empty when they were gone before anybody could read them."""
        if not self._sha256 and self.is_at_hand:
            digest = hashlib.sha256()
            for chunk in self.chunks():
                digest.update(chunk)
            self._sha256 = digest.hexdigest()
        return self._sha256

    @property
    def known_sha256(self) -> str:
        """The digest if it is already known, else an empty string."""
        return self._sha256

    def adopt_sha256(self, sha256: str) -> None:
        """Take over a digest that our own worker computed over these same bytes."""
        self._sha256 = self._sha256 or sha256

    def pread(self, count: int, offset: int) -> bytes:
        """Read up to `count` bytes at `offset`; short only at the end."""
        if self._pieces and offset == 0 and count <= len(self._pieces[0]):
            return self._pieces[0][:count]
        data = self._joined()
        if data is not None:
            return data[offset : offset + count]
        if self._fd is None:
            raise InputError("the bytes of this content are not at hand")
        data = os.pread(self._fd, max(0, min(count, self.size - offset)), offset)
        if len(data) == self.size <= KEPT_BYTES:
            self._data = data
        return data

    def head(self, count: int = 4096) -> bytes:
        """The first `count` bytes."""
        return self.pread(count, 0)

    def bytes(self, limit: int = 1 << 30) -> bytes:
        """All bytes at once; raises LimitReached above `limit` bytes."""
        if self.size > limit:
            raise LimitReached(f"{self.size} bytes exceed the in-memory limit of {limit}")
        data = self._joined()
        return b"".join(self.chunks()) if data is None else data

    def chunks(self) -> Iterator[Data]:
        """Iterate over the bytes in blocks of at most one MiB."""
        return iter(list(self._pieces)) if self._pieces is not None else _Chunks(self)

    def open(self) -> BinaryIO:
        """A new seekable binary reader at offset 0."""
        data = self._joined()
        if data is not None:
            return io.BytesIO(data)
        return io.BufferedReader(_Reader(self))

    def descriptor(self) -> int:
        """A descriptor for another process or a C library; owned by this object, shared offset unspecified."""
        if self._fd is None:
            if self._data is None and self._pieces is None:
                raise InputError("the bytes of this content are not at hand")
            self._fd = _memory_file(self._pieces if self._data is None and self._pieces else [self._data or b""])
        return self._fd

    def _joined(self) -> Data | None:
        """The bytes in memory, or None when they are not there."""
        if self._data is None and self._pieces is not None:
            self._data, self._pieces = b"".join(self._pieces), None
        return self._data

    def __del__(self) -> None:
        if self._fd is not None:
            with suppress(OSError):  # the word of a file system that is gone; the descriptor is closed
                os.close(self._fd)
        MEMORY.give_back(self._charged)

    def __repr__(self) -> str:
        return f"Content(size={self.size}, sha256={self._sha256[:12] or '?'})"


class _Chunks:
    def __init__(self, content: Content) -> None:
        self._content = content
        self._offset = 0

    def __iter__(self) -> _Chunks:
        return self

    def __next__(self) -> bytes:
        chunk = self._content.pread(CHUNK_BYTES, self._offset)
        if not chunk:
            raise StopIteration
        self._offset += len(chunk)
        return chunk


class _Reader(io.RawIOBase):
    """A positioned reader over a shared descriptor."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._offset = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._content.pread(len(buffer), self._offset)
        buffer[: len(data)] = data
        self._offset += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._offset, io.SEEK_END: self._content.size}[whence]
        if base + offset < 0:
            raise ValueError("negative seek position")
        self._offset = base + offset
        return self._offset

    def tell(self) -> int:
        return self._offset


class Spool:
    """Collects bytes as they arrive and becomes Content; memory first, then a memory-backed file, never a disk."""

    def __init__(self, *, limit_bytes: int = 1 << 32) -> None:
        self._limit = limit_bytes
        self._pieces: list[bytes] = []
        self._small = bytearray()
        self._charged = 0
        self._fd: int | None = None
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Append bytes; raises LimitReached when the spool would exceed its limit (nothing of `data` is kept)."""
        size = len(data)
        if self.size + size > self._limit:
            raise LimitReached(f"content exceeds the limit of {self._limit} bytes")
        self._digest.update(data)
        self.size += size
        if self._fd is None and not self._fits():
            self._fd = _memory_file([*self._pieces, self._small])
            self._forget()
            _write_all(self._fd, data)
        elif self._fd is not None:
            _write_all(self._fd, data)
        elif size < PIECE_BYTES:
            self._small += data
            if len(self._small) >= CHUNK_BYTES:
                self._settle()
        else:
            self._settle()
            self._pieces.append(bytes(data))
        return size

    def close(self) -> Content:
        """Hand the bytes over; the spool is not used afterwards."""
        sha256 = self._digest.hexdigest()
        if self._fd is None:
            self._settle()
            pieces, charged, self._pieces, self._charged = self._pieces, self._charged, [], 0
            if len(pieces) > 1:
                return Content(pieces=pieces, size=self.size, sha256=sha256, charged=charged)
            return Content(data=pieces[0] if pieces else b"", size=self.size, sha256=sha256, charged=charged)
        fd, self._fd = self._fd, None
        return Content(fd=fd, size=self.size, sha256=sha256)

    def _fits(self) -> bool:
        """Say whether all of it may stay in memory."""
        wanted = self.size - self._charged
        if self.size <= IN_MEMORY_BYTES:
            return True
        if not MEMORY.take(wanted):
            return False
        self._charged += wanted
        return True

    def _settle(self) -> None:
        if self._small:
            self._pieces.append(bytes(self._small))
            self._small.clear()

    def _forget(self) -> None:
        self._pieces, self._small = [], bytearray()
        MEMORY.give_back(self._charged)
        self._charged = 0

    def __del__(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
        MEMORY.give_back(self._charged)


def _memory_file(pieces: Sequence[bytes | bytearray]) -> int:
    fd = os.memfd_create("earwitness", os.MFD_CLOEXEC)
    for piece in pieces:
        _write_all(fd, piece)
    return fd


def _write_all(fd: int, data: bytes | bytearray | memoryview) -> None:
    view = memoryview(data)
    while view:
        written = os.write(fd, view)
        view = view[written:]
