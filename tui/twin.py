"""Runs the command line beside the console: what a screen shows of it is what the command prints.

The command is a process of its own, killed when it is left, and its lines pass the door for untrusted strings.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from tui.formatting import Safe, safe

MOST_LINES = 5000
MOST_COLUMNS = 500
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
        process = await asyncio.create_subprocess_exec(
            *PROGRAM,
            *self._options,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
            limit=1 << 20,
        )
        assert process.stdout is not None
        try:
            count = 0
            async for line in _lines(process.stdout):
                count += 1
                if count <= MOST_LINES:
                    yield safe(line.decode("utf-8", "replace").rstrip("\r\n"), limit=MOST_COLUMNS)
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
