"""Runs the command line beside the console: what a screen shows of it is what the command prints.

The command is a process of its own, killed when it is left, and its lines pass the door for untrusted strings.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from tui.formatting import Safe, safe

MOST_LINES = 5000
MOST_COLUMNS = 500
LONGEST_LINE = 1 << 24
PROGRAM = (sys.executable, "-m", "forensics.cli")


class Twin:
    """The commands over one store. `config` is the file of settings that the console was started with, if any."""

    def __init__(self, store: Path, config: Path | None = None) -> None:
        self._options = session_options(store, config)

    def words(self, arguments: Sequence[str]) -> Safe:
        """The command as a person would type it."""
        return safe(" ".join(["earwitness", *arguments]))

    async def lines(self, arguments: Sequence[str]) -> AsyncIterator[Safe | int]:
        """Every line that the command prints, at most MOST_LINES, then its exit code. Leaving ends the command."""
        count = 0
        async for line in self._printed(arguments):
            if isinstance(line, int):
                yield line
            elif count < MOST_LINES:
                count += 1
                yield safe(line.decode("utf-8", "replace").rstrip("\r\n"), limit=MOST_COLUMNS)

    async def records(self, arguments: Sequence[str]) -> tuple[list[dict[str, Any]], Safe]:
        """The objects that a command prints as JSON lines, and what else it says: of a failure, why."""
        found: list[dict[str, Any]] = []
        said = Safe("")
        async for line in self._printed(arguments):
            if not isinstance(line, bytes):
                continue
            if line.startswith(b"{"):
                found.append(json.loads(line))
            elif line.strip():
                said = safe(line.decode("utf-8", "replace").strip(), limit=MOST_COLUMNS)
        return found, said

    async def _printed(self, arguments: Sequence[str]) -> AsyncIterator[bytes | int]:
        """The lines as they come, then the exit code."""
        process = await asyncio.create_subprocess_exec(
            *PROGRAM,
            *self._options,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
            limit=LONGEST_LINE,
        )
        assert process.stdout is not None
        try:
            async for line in _lines(process.stdout):
                yield line
            yield await process.wait()
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()


def session_options(store: Path, config: Path | None) -> list[str]:
    """The options that have another process work on the same store with the same settings."""
    return ["--store", str(store), *(["--config", str(config)] if config is not None else [])]


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Lines; of one that is longer than the buffer its pieces."""
    while True:
        try:
            line = await stream.readuntil(b"\n")
        except asyncio.IncompleteReadError as end:
            if end.partial:
                yield end.partial
            return
        except asyncio.LimitOverrunError as long:
            line = await stream.readexactly(long.consumed)
        yield line
