"""Looks again, once, at what was seen before something more was registered: a thread beside the monitor."""

from __future__ import annotations

import threading
from collections.abc import Callable

from forensics.errors import StoreError
from forensics.log import logger
from forensics.recording import Recording
from forensics.register.growth import Growth
from forensics.store.writer import Store

QUIET_S = 2.0
"""For so long nothing more is registered: packages that are registered one after the other are worth one look."""
WHAT = "register"


class Renewal:
    """Follows the register whose `growth` this is, from as far as `store` knows it.

    `look_again` is called from its thread, once what was handed to the workers before the register had grown is
    recorded: what they are handed later they compare with all of it.
    """

    def __init__(
        self,
        store: Store,
        growth: Growth,
        recording: Recording,
        look_again: Callable[[], None],
        *,
        quiet_s: float = QUIET_S,
    ) -> None:
        self._store = store
        self._recording = recording
        self._look_again = look_again
        self._quiet_s = quiet_s
        self._growth = growth
        self._under = self._noticed = growth.reached()
        self._mark = 0
        self._log = logger("renewal")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="renewal", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """End it; what was not looked at again is at the next start."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._quiet_s):
            try:
                self._turn()
            except StoreError as error:
                self._log.warning("what was seen could not be looked at again yet", error=str(error))

    def _turn(self) -> None:
        reached = self._growth.reached()
        if reached == self._under:
            return
        if reached != self._noticed:
            self._noticed, self._mark = reached, self._recording.mark()
        elif self._recording.is_past(self._mark):
            files = self._store.scan_under(reached, what=WHAT)
            self._under = reached
            self._log.info("more is registered: files are scanned again", files=files)
            self._look_again()
