"""A process that can be killed, whose stdout is framed messages: length as four bytes, then MessagePack."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from forensics.cage import cage

LENGTH = struct.Struct("!I")
FRAME_LIMIT_BYTES = 1 << 28
STDERR_KEPT_BYTES = 4096
_READ_BYTES = 1 << 18


class ChildDied(Exception):  # noqa: N818 - a report, turned into a Gap by the caller
    """The child ended without saying so, or was killed because it stood still; the message says which."""


class Child:
    """Runs `python -m module arguments` in a session of its own; every way out of the context ends the group."""

    def __init__(self, module: str, arguments: Sequence[str], *, stall_s: float) -> None:
        self._stall_s = stall_s
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """End the child and everything it started; harmless when it has ended."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def frames(self) -> Iterator[bytes]:
        """Yield the messages until the pipe ends; raises ChildDied on a stall or a torn message."""
        assert self._process.stdout is not None
        fd = self._process.stdout.fileno()
        buffer = bytearray()
        while True:
            chunk = self._read(fd)
            if not chunk:
                break
            buffer += chunk
            yield from _cut(buffer)
        if buffer:
            raise ChildDied(f"the dissector died in mid-message ({self._status()})")

    def _read(self, fd: int) -> bytes:
        deadline = time.monotonic() + self._stall_s
        while True:
            readable, _, _ = select.select([fd], [], [], max(0.0, deadline - time.monotonic()))
            if readable:
                return os.read(fd, _READ_BYTES)
            if time.monotonic() >= deadline:
                self.kill()
                raise ChildDied(f"the dissector stood still for {self._stall_s:g} s and was killed")

    def _status(self) -> str:
        code = self._process.wait()
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def why_ended(self) -> str:
        """How the child ended, in words; waits for it."""
        return self._status()


def _cut(buffer: bytearray) -> Iterator[bytes]:
    """Take whole messages off the front of `buffer`."""
    while len(buffer) >= LENGTH.size:
        (size,) = LENGTH.unpack_from(buffer)
        if size > FRAME_LIMIT_BYTES:
            raise ChildDied("the dissector sent nonsense")
        if len(buffer) < LENGTH.size + size:
            return
        frame = bytes(buffer[LENGTH.size : LENGTH.size + size])
        del buffer[: LENGTH.size + size]
        yield frame


def send(stream: BinaryIO, message: bytes) -> None:
    """Write one message."""
    stream.write(LENGTH.pack(len(message)) + message)
    stream.flush()


def confine(*, parent: int, memory_bytes: int, cpu_s: int, readable: Path) -> None:
    """In the child: die with the parent, and shut this process and its children in.

    They start programs and read any file, but write none and reach no network, and use no more than this.
    """
    own = cage.Cage(
        memory_bytes=memory_bytes,
        file_bytes=FRAME_LIMIT_BYTES,
        readable=(Path("/"), readable),
        writable=(Path(os.devnull),),
        may_start_programs=True,
    )
    cage.enter(own)
    if os.getppid() != parent:
        raise SystemExit(1)
    for kind, value in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CPU, cpu_s)):
        _, hard = resource.getrlimit(kind)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))
