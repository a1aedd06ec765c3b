"""Prints in a thread of its own, so that a reader who pauses never holds the evidence back."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from contextlib import suppress

import click

WAITING = 20_000
PATIENCE_S = 3.0


class Printer:
    """A bounded queue of lines to print; what finds no room is counted, since the store has it anyway."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Sequence[str] | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._run, name="printer", daemon=True)
        self._thread.start()
        self.skipped = 0

    def put(self, lines: Sequence[str]) -> None:
        """Have lines printed when their turn comes; never blocks."""
        try:
            self._waiting.put_nowait(lines)
        except queue.Full:
            self.skipped += len(lines)

    def close(self) -> None:
        """Print what waits, as long as somebody reads."""
        with suppress(queue.Full):
            self._waiting.put(None, timeout=PATIENCE_S)
        self._thread.join(PATIENCE_S)

    def _run(self) -> None:
        while (lines := self._waiting.get()) is not None:
            for line in lines:
                with suppress(OSError):  # whoever read is gone; the evidence goes on
                    click.echo(line)
