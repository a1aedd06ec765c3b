"""Runs a command of `earwitness rules` in a process of its own, which ends at once when this one is to end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import click

from forensics.cli.ending import Ending
from forensics.text_safety import visible

MOST_S = 900.0
_MOST_BYTES = 16 << 20
_MOST_SAID = 2000
_ASK_EVERY_S = 0.05
_GRACE_S = 1.0


class Apart:
    """Commands with the same store and configuration as this one; what they leave behind goes with this."""

    def __init__(self, store: Path, config: Path | None, ending: Ending) -> None:
        self._common = ["--store", str(store), *(["--config", str(config)] if config else [])]
        self._ending = ending
        self._folder = tempfile.TemporaryDirectory(prefix="earwitness-watch-")
        self.is_ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._folder.cleanup()

    def run(self, command: str, packs: Sequence[Path], *options: str) -> list[dict[str, Any]] | None:
        """The JSON lines that a command prints; None when it was ended, did not end in time, or said nothing.

        What it complained of is told then.
        """
        arguments = [command, "--json", *options, "--", *map(str, packs)]
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "forensics.cli", *self._common, "rules", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**os.environ, "TMPDIR": self._folder.name},
                start_new_session=True,
            )
            try:
                code = self._wait(process)
            finally:
                _end(process)
            lines = _records(out)
            if code is None or (code not in (0, 1) and not lines):
                if not self.is_ended:
                    click.echo(visible(f"  {command}: {_said(err) or f'not ended after {MOST_S:.0f} s'}"), err=True)
                return None
            return lines

    def _wait(self, process: subprocess.Popen[bytes]) -> int | None:
        until = time.monotonic() + MOST_S
        while process.poll() is None:
            if self._ending.wait(_ASK_EVERY_S):
                self.is_ended = True
                return None
            if time.monotonic() > until:
                return None
        return process.returncode


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what was started, with all that it started."""
    for number in (signal.SIGINT, signal.SIGKILL):
        if process.poll() is not None:
            break
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)


def _records(out: BinaryIO) -> list[dict[str, Any]]:
    out.seek(0)
    found = []
    for line in out.read(_MOST_BYTES).splitlines():
        with suppress(ValueError):
            found.append(json.loads(line))
    return [each for each in found if isinstance(each, dict)]


def _said(err: BinaryIO) -> str:
    err.seek(0)
    return err.read(_MOST_SAID).decode("utf-8", "replace").strip()
