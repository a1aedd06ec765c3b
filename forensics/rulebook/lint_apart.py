"""Has rules looked over in a process of its own that can be killed, and says of which file it died."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from forensics.errors import EarwitnessError, RuleError
from forensics.rulebook.checks import Finding
from forensics.rulebook.lint_child import CPU_S, MEMORY_MIB, Said, Task
from forensics.rulebook.pack import find_packs, rule_paths

_MOST_DEATHS = 16
_PATIENCE_S = 600.0
"""How long it may take over one file by the clock; its processor time is bounded before that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """How a process ended: what it found, or the file it was at and why it ended."""

    findings: list[Finding] | None
    at: str
    why: str


def lint_apart(places: Sequence[Path], samples: Sequence[Path]) -> list[Finding]:
    """As `lint`, whatever the files are: one that takes too long, too much memory or a crash is a finding.

    Raises EarwitnessError when no process can be had.
    """
    given_up: dict[str, str] = {}
    readable = [str(path) for path in _readable(places, samples)]
    for _ in range(_MOST_DEATHS):
        end = _run(
            Task(
                places=[str(path) for path in places],
                samples=[str(path) for path in samples],
                readable=readable,
                given_up=given_up,
            )
        )
        if end.findings is not None:
            return end.findings
        if not end.at or end.at in given_up:
            raise EarwitnessError(f"rules were not looked over: {end.why}; with EARWITNESS_DEBUG=1 set it says more")
        given_up[end.at] = end.why
    raise RuleError(f"{end.at}: {end.why}; so did {_MOST_DEATHS - 1} files before it, and the rest was not looked at")


def _readable(places: Sequence[Path], samples: Sequence[Path]) -> Iterator[Path]:
    """What the process needs: packs and samples, and what links in them lead to."""
    for path in (*places, *samples):
        yield path.resolve()
    for place in places:
        with contextlib.suppress(RuleError, OSError):
            for pack in find_packs(place):
                yield from (path.resolve() for path in rule_paths(pack) if path.is_symlink())


def _run(task: Task) -> _End:
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "forensics.rulebook.lint_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if os.environ.get("EARWITNESS_DEBUG") else subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(msgspec.json.encode(task) + b"\n")
            process.stdin.close()
        at = ""
        try:
            while line := _line_in_time(process):
                said = msgspec.json.decode(line, type=Said, dec_hook=lambda kind, value: kind(value))
                if said.findings is not None:
                    return _End(findings=said.findings, at=at, why="")
                at = said.at
        finally:
            process.kill()
        return _End(findings=None, at=at, why=_epitaph(process.wait()))


def _line_in_time(process: subprocess.Popen[bytes]) -> bytes:
    """The next line; none when the process ended, or was ended since it said nothing for too long."""
    assert process.stdout is not None
    ending = threading.Timer(_PATIENCE_S, process.kill)
    ending.start()
    try:
        return process.stdout.readline()
    finally:
        ending.cancel()


def _epitaph(code: int) -> str:
    if code == -signal.SIGXCPU:
        return f"takes more than {CPU_S} s of processor time to look over"
    if code == -signal.SIGKILL:
        return f"was not looked over after {_PATIENCE_S:.0f} s"
    how = f"signal {-code}" if code < 0 else f"exit status {code}"
    return f"takes more than {MEMORY_MIB} MiB of memory, or breaks the compiler ({how})"
