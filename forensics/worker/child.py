"""A worker's process and the socket to it; one may start to load before anybody knows what it will work on."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Child:
    """A process that waits at the other end of the socket for its Hello; closing the socket ends it."""

    process: subprocess.Popen[bytes]
    socket: socket.socket


_ahead: list[Child] = []


def start() -> Child:
    """Start a process."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "forensics.worker", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # its threads double the cost of small products
            stderr=None if os.environ.get("EARWITNESS_DEBUG") else subprocess.DEVNULL,
        )
    return Child(process, ours)


def start_ahead() -> None:
    """Start the process that the next `take` gets: it loads while the command that wants it does."""
    if not _ahead:
        _ahead.append(start())


def take() -> Child:
    """The process that was started ahead, or a new one. From any thread."""
    try:
        return _ahead.pop()
    except IndexError:
        return start()
