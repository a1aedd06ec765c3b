"""The clocks of what is kept: content whose time is over is destroyed, once an hour and at the start."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from forensics.errors import StoreError
from forensics.log import logger
from forensics.store import reader, retention
from forensics.store.requests import Requests
from forensics.store.rows import KeptRow
from forensics.store.writer import Store

EVERY_S = 3600.0
LEARN_EVERY_S = 60.0
"""How often it is asked whether the store has grown much."""
_DAY_S = 86_400.0


def overdue(store: Store, *, days: float, now: float) -> tuple[KeptRow, ...]:
    """Content that was first kept more than so many days ago and is not held. Raises StoreError."""
    connection = reader.open_reader(store.folder)
    try:
        return retention.due(connection, before=now - days * _DAY_S)
    finally:
        connection.close()


def forget_names(store: Store, *, days: float, now: float) -> int:
    """Destroy the sealed names of people nothing was recorded of for so many days; how many. Raises StoreError."""
    return store.forget_names(before=now - days * _DAY_S, why=f"not needed for {days:g} days")


def forget_features(store: Store, *, days: float, now: float) -> int:
    """Remove features that were kept for more than so many days; how many. Raises StoreError."""
    return store.forget_features(before=now - days * _DAY_S)


def expire(store: Store, *, days: float, now: float) -> Iterator[KeptRow]:
    """Destroy what is overdue, one by one, and the keys of requests whose time is over. Raises StoreError."""
    Requests(store.folder).sweep(now)
    store.shred_unnamed(before=now - _DAY_S)
    for row in overdue(store, days=days, now=now):
        gone = store.shred(row.sha256, f"its {days:g} days are over")
        if gone is not None:
            yield gone


def seal_what_is_clear(store: Store) -> None:
    """Seal what an earlier Earwitness kept in clear, and log what has to wait. Raises StoreError."""
    left = store.seal_what_is_clear()
    if left:
        logger("retention").warning("content stays in clear until there is room to seal it", files=left)


class Expiry:
    """A thread beside the monitor that keeps the clocks of its store, and has the database learn what it holds."""

    def __init__(
        self,
        store: Store,
        *,
        days: float,
        names_days: float,
        features_days: float,
        every_s: float = EVERY_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._days = days
        self._names_days = names_days
        self._features_days = features_days
        self._every_s = every_s
        self._clock = clock
        self._stopping = threading.Event()
        self._log = logger("retention")
        self._thread = threading.Thread(target=self._run, name="expiry", daemon=True)

    def start(self) -> None:
        """Begin, with what is overdue by now."""
        self._thread.start()

    def stop(self) -> None:
        """End it; what is overdue then waits for the next start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        due = time.monotonic()
        while True:
            if time.monotonic() >= due:
                due = time.monotonic() + self._every_s
                try:
                    self._turn()
                except StoreError as error:
                    self._log.warning("content that is overdue could not be destroyed yet", error=str(error))
            with suppress(StoreError):  # searches are slower, no more, until the next time
                self._store.learn()
            if self._stopping.wait(min(self._every_s, LEARN_EVERY_S)):
                return

    def _turn(self) -> None:
        count, now = 0, self._clock()
        for _ in expire(self._store, days=self._days, now=now):
            count += 1
            if self._stopping.is_set():
                break
        forget_features(self._store, days=self._features_days, now=now)
        if names := forget_names(self._store, days=self._names_days, now=now):
            self._log.info("names were destroyed: their time is over", people=names)
        if count:
            self._log.info("content was destroyed: its time is over", objects=count)
