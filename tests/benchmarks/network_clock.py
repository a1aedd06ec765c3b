"""What a command costs as a whole: `python -m tests.benchmarks.network_clock RESULT COMMAND...`.

It starts the command from a process of its own, for the peak of a child begins at that of the process it was forked
from, and takes in what the command leaves behind (prctl(2), PR_SET_CHILD_SUBREAPER), so that nothing runs uncounted.
The standard streams are the command's. RESULT gets the JSON of `Cost`. Standard library only, to stay small.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_EVERY_S = 0.02
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds (user and system) of all processes, wall seconds, and the peak of their memory together."""

    cpu_s: float
    wall_s: float
    rss_mb: float
    code: int


def main() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    began = time.monotonic()
    process = subprocess.Popen(sys.argv[2:])
    peak = 0
    while process.poll() is None:
        peak = max(peak, tree_bytes(os.getpid()))
        time.sleep(_EVERY_S)
    wall = time.monotonic() - began
    reap()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    largest = max(peak, used.ru_maxrss * 1024)
    Path(sys.argv[1]).write_text(
        json.dumps(asdict(Cost(used.ru_utime + used.ru_stime, wall, largest / 1e6, process.returncode)))
    )


def reap() -> None:
    """Wait for what the command left behind."""
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


def tree_bytes(root: int) -> int:
    """Resident memory of all that descends from a process; shared pages count once a process."""
    total = 0
    for pid in descendants(root):
        try:
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
        except (OSError, IndexError):
            continue
    return total


def descendants(root: int) -> list[int]:
    """All processes that descend from one."""
    found = children(root)
    for pid in found:
        found += children(pid)
    return found


def children(pid: int) -> list[int]:
    """The processes that any thread of a process has started and that still run."""
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    except OSError:
        return found
    return found


if __name__ == "__main__":
    main()
