"""What a process that reads hostile bytes gives up before it starts."""

from __future__ import annotations

import ctypes
import os
import resource
import signal

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWNET = 0x40000000
OPEN_FILES = 512
MAPPED_BYTES = 64 << 30
"""Room for files that are mapped and shared, such as the acoustic index."""
NICENESS = 5
"""How far behind sensors, screens and whoever works at the machine."""


def enter(memory_bytes: int) -> None:
    """Die with the parent, gain no privilege, dump no core, use no network where permitted, give way to others, and
    stay under the cap.

    Mapped files and memory-backed spool files are not counted by the cap; the decoders' own limits bound the latter.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.unshare(CLONE_NEWNET)  # refused without privilege; then the limits below still hold
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICENESS)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_DATA, memory_bytes)
    _limit(resource.RLIMIT_AS, memory_bytes + MAPPED_BYTES)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))
