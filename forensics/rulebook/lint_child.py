"""The process that looks rules over: it shuts itself in, reads what to look at, and says file by file what it found.

The compiler is C that reads what strangers wrote, and there are rules it takes hours over; so it is asked here, where
it can be killed and gains nothing.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from forensics.cage import cage
from forensics.rulebook.checks import Finding
from forensics.rulebook.lint import checks, lint

CPU_S = 20
"""Processor time one file may take: 20,000 rules compile in 4 s."""
MEMORY_MIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to look at: packs, folders of samples beside them, and files that are not to be tried again, with why."""

    places: list[str]
    samples: list[str]
    readable: list[str]
    given_up: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One line of the answer: the file that is next, or at the end everything that was found."""

    at: str = ""
    findings: list[Finding] | None = None


def main() -> None:
    """Answer the task on standard input."""
    task = msgspec.json.decode(sys.stdin.buffer.readline(), type=Task)
    checks()
    readable = tuple(Path(path) for path in task.readable)
    cage.enter(cage.Cage(memory_bytes=MEMORY_MIB << 20, file_bytes=0, readable=readable))

    def heed(path: Path) -> None:
        cage.allow_cpu(CPU_S)
        _say(Said(at=str(path)))

    cage.allow_cpu(CPU_S)
    places, samples = ([Path(path) for path in paths] for paths in (task.places, task.samples))
    _say(Said(findings=lint(places, samples, given_up=task.given_up, heed=heed)))


def _say(said: Said) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(said, enc_hook=str) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
    os._exit(0)
