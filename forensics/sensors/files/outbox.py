"""Hands sightings, gaps and health on in a thread of its own, so that a slow taker never stalls the watching."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from forensics.model import Gap, SensorHealth
from forensics.sensors.files.settled import SettledFile

WAITING = 64

Item = SettledFile | Gap | SensorHealth


class Outbox:
    """A short queue before three callbacks, all called from one thread and in order."""

    def __init__(
        self,
        emit: Callable[[SettledFile], None],
        gap: Callable[[Gap], None],
        health: Callable[[SensorHealth], None],
        *,
        refused: Callable[[SettledFile, Exception], None],
    ) -> None:
        self._emit = emit
        self._gap = gap
        self._health = health
        self._refused = refused
        self._queue: queue.SimpleQueue[Sequence[Item] | None] = queue.SimpleQueue()
        self._counting = threading.Lock()
        self._put_count = self._taken_count = 0
        self._is_half_empty = threading.Event()
        self._thread = threading.Thread(target=self._run, name="files-outbox", daemon=True)

    def start(self) -> None:
        """Begin handing on."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Hand on what waits, for at most `timeout_s`, and end."""
        self._queue.put(None)
        self._thread.join(timeout_s)

    @property
    def room(self) -> int:
        """How many sightings may be put before the taker is too far behind."""
        return max(0, WAITING - self._put_count + self._taken_count)

    def wait_for_room(self, timeout_s: float) -> None:
        """Wait until half of the queue was taken."""
        self._is_half_empty.clear()
        if self.room < WAITING // 2:
            self._is_half_empty.wait(timeout_s)

    def put(self, item: Item) -> None:
        """Queue an item; never blocks."""
        self._queue.put((item,))

    def put_files(self, files: Sequence[SettledFile]) -> None:
        """Queue sightings together, since each wakening costs; never blocks, the caller minds `room`."""
        if files:
            with self._counting:
                self._put_count += len(files)
            self._queue.put(files)

    def _run(self) -> None:
        while (items := self._queue.get()) is not None:
            for item in items:
                if isinstance(item, SettledFile):
                    self._hand_on(item)
                    self._taken_count += 1
                    if not self._is_half_empty.is_set() and self.room >= WAITING // 2:
                        self._is_half_empty.set()
                elif isinstance(item, Gap):
                    with suppress(Exception):
                        self._gap(item)
                else:
                    with suppress(Exception):
                        self._health(item)
            del item, items

    def _hand_on(self, file: SettledFile) -> None:
        try:
            self._emit(file)
        except Exception as error:  # noqa: BLE001 - a taker's failure becomes a gap and the sensor goes on
            self._refused(file, error)
