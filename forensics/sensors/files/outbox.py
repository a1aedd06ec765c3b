"""Hands sightings, gaps and health on in a thread of its own, so that a slow taker never stalls the watching."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
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
        self._queue: queue.Queue[Item | None] = queue.Queue()
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
        return max(0, WAITING - self._queue.qsize())

    def put(self, item: Item) -> None:
        """Queue an item; never blocks, the caller minds `room` for sightings."""
        self._queue.put(item)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            if isinstance(item, SettledFile):
                self._hand_on(item)
            elif isinstance(item, Gap):
                with suppress(Exception):
                    self._gap(item)
            else:
                with suppress(Exception):
                    self._health(item)
            del item

    def _hand_on(self, file: SettledFile) -> None:
        try:
            self._emit(file)
        except Exception as error:  # noqa: BLE001 - a taker's failure becomes a gap and the sensor goes on
            self._refused(file, error)
