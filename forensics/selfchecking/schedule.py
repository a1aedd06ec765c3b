"""The self-check beside the monitor: a thread that sends canaries every so often, and ends what others left."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from forensics.config import Config
from forensics.errors import EarwitnessError
from forensics.log import logger
from forensics.model import Gap
from forensics.selfchecking.registering import SETTLE_S, is_registered, register
from forensics.selfchecking.sending import Sender, Tell
from forensics.store import canaries
from forensics.store.writer import Store
from forensics.workers import WorkerPool

FIRST_S: Final = 30.0
"""After the start the sensors are given so long; with a shorter interval that."""
LOOK_S: Final = 5.0
"""How often it is looked for canaries that nobody follows any more."""
GRACE_S: Final = 30.0
STOP_S: Final = 20.0
"""A share that does not answer keeps nobody from ending."""
_HOUR_S: Final = 3600.0


class Selfcheck:
    """Sends by the monitor's own ways; who else sends (`earwitness selfcheck send`) follows what they sent."""

    def __init__(
        self,
        store: Store,
        config: Config,
        pool: WorkerPool,
        *,
        tell: Tell,
        gap: Callable[[Gap], None],
        clock: Callable[[], float] = time.time,
        random: random.Random | None = None,
    ) -> None:
        self._store, self._settings, self._pool, self._clock = store, config.selfcheck, pool, clock
        self._gap = gap
        self._random = random or _system()
        self._stopping = threading.Event()
        self._sender = Sender(store, config, tell=tell, clock=clock, is_stopping=self._stopping.wait)
        self._folder: Path = store.folder
        self._log = logger("selfcheck")
        self._thread = threading.Thread(target=self._run, name="selfcheck", daemon=True)

    def begin(self) -> None:
        """End what was under way when an earlier monitor ended; before any sensor could see it. Raises StoreError."""
        self._sender.break_off(before=float("inf"))
        self._sender.sweep_near()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and say of what is under way that it was not waited for."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    def _run(self) -> None:
        due: float | None = None
        wait_s = 0.0
        while not self._stopping.wait(wait_s):
            try:
                due = self._turn(self._first() if due is None else due)
            except (EarwitnessError, OSError) as error:
                self._log.warning("a self-check could not be made", error=str(error))
            wait_s = LOOK_S if due is None else max(0.0, min(LOOK_S, due - self._clock()))

    def _turn(self, due: float) -> float:
        """End what nobody follows any more, and send what is due; when the next is. Raises StoreError."""
        if self._sender.break_off(before=self._clock() - GRACE_S):
            self._sender.sweep()
        if self._clock() < due:
            return due
        self._plan(due := self._clock() + self._interval_s())
        since = self._clock()
        try:
            self._round()
        except (EarwitnessError, OSError) as error:
            self._gap(_not_made(since, self._clock(), str(error)))
        return due

    def _round(self) -> None:
        """One round, with the package registered if it is not yet. Raises EarwitnessError, OSError."""
        if not is_registered(self._sender.kit, self._folder):
            register(self._sender.kit, self._folder, self._pool)
            self._stopping.wait(SETTLE_S)
        self._sender.sweep()
        self._sender.round(self._sender.means())

    def _first(self) -> float:
        """When the first is due: as an earlier monitor planned it, unless that is over or the settings are others."""
        if not self._settings.every_hours:
            self._store.plan_canaries(None)
            return float("inf")
        every_s = self._settings.every_hours * _HOUR_S
        soon = self._clock() + min(FIRST_S, every_s)
        with self._sender.reading() as connection:
            planned = canaries.planned(connection)
        if planned is not None and soon <= planned <= self._clock() + every_s * (1 + self._settings.jitter):
            return planned
        return self._plan(soon)

    def _interval_s(self) -> float:
        jitter = self._settings.jitter
        return max(1.0, self._settings.every_hours * _HOUR_S * self._random.uniform(1 - jitter, 1 + jitter))

    def _plan(self, when: float) -> float:
        """Write down when the next are due. Raises StoreError."""
        self._store.plan_canaries(when)
        return when


def _system() -> random.Random:
    """Chance that nobody can foretell: who knew the hour could look well-behaved then."""
    return random.SystemRandom()


def _not_made(start: float, end: float, why: str) -> Gap:
    """That nothing was sent when it was due: no sensor is the worse for it, but none was tried."""
    return Gap(
        sensor="selfcheck",
        channel="all",
        start=start,
        end=end,
        cause="self-check not made",
        unit="rounds",
        size=1,
        detail=why,
    )
