"""One thread that hears which process opens, closes and runs which file, for all who ask, within a share of CPU time.

What others do decides how much there is to hear: a compiler opens ten thousands of files a second. Beyond the share
the kernel is asked to tell less, first of programs only, then of nothing, until enough is saved up again.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from forensics.model import Gap
from forensics.sensors.files.opens import OPEN_EXEC, Opening, Opens
from forensics.sensors.lapse import Lapse, lapse_of
from forensics.sensors.processes import Processes
from forensics.sensors.share import Share

SHARE = 0.2
"""Of one processor, in the mean over seconds."""
_BURST_S, _AMPLE_S = 0.5, 0.05
_WAIT_S = 0.1
_KEEN, _PATIENT = -10, 0
_STORM = 1000
"""Events a second."""
_BREATH_S, _STORM_BREATH_S = 0.002, 0.01
"""Between two reads of acts, and of anything in a storm: a wakening for each costs more than to hear it. The longer one
ends when a program is run, which may be over as soon.
"""
_BACK_OFF_S = 1.0
_MOST_IN_A_TURN = 4


class Hearer:
    """Who asks; what it does not need it leaves as it is. All but `mask` and `fileno` are called in the thread."""

    @property
    def mask(self) -> int:
        """Which openings to tell of (OPEN, OPEN_EXEC, CLOSE_NOWRITE, CLOSE_WRITE); it may change."""
        return 0

    def fileno(self) -> int:
        """What else to wake up for; -1 for nothing. `begin` takes what can be read there."""
        return -1

    def begin(self) -> int:
        """Before the openings that came meanwhile: how many other events were taken."""
        return 0

    def hear(self, event: Opening, opens: Opens, now: float) -> None:
        """One opening with a bit of `mask`, and when it was taken (Unix seconds); under the guard."""

    def end(self, now: float) -> None:
        """After the openings; under the guard."""

    def turn(self, now: float) -> None:
        """Once more and without the guard, also when nothing was heard for a tenth of a second."""

    def lost(self, detail: str) -> None:
        """Something failed, so that not all was told."""


class Hearing:
    """The thread lives from the first hearer to the last. `gap` is called from it.

    `processes` is shared by the hearers and told of every program; `guard` is held while the thread uses it. Nothing is
    heard of the files in the folder `spared`, where this process has record locks.
    """

    def __init__(
        self, gap: Callable[[Gap], None] = lambda _: None, *, share: float = SHARE, spared: Path | None = None
    ) -> None:
        self.processes = Processes()
        self.guard = threading.Lock()
        self._gap = gap
        self._share_of_one = share
        self._spared = spared
        self._hearers: tuple[Hearer, ...] = ()
        self._joining = threading.Lock()
        self._turning = threading.Lock()
        self._opens: Opens | None = None
        self._own = os.getpid()
        self._thread: threading.Thread | None = None
        self.is_storm = False
        """More is heard than can be looked at one by one."""

    @property
    def is_alive(self) -> bool:
        """Say whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def join(self, hearer: Hearer) -> bool:
        """Hear for it from now on; False where that is not allowed (fanotify(7), CAP_SYS_ADMIN)."""
        with self._joining:
            if self._opens is None:
                try:
                    self._opens = Opens(hearer.mask or OPEN_EXEC, spared=self._spared)
                except OSError:
                    return False
            with self._turning:
                self._hearers += (hearer,)
                if hearer.fileno() >= 0:
                    self._opens.heed(hearer.fileno())
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, args=(self._opens,), name="hearing", daemon=True)
                self._thread.start()
            self._opens.wake()
        return True

    def leave(self, hearer: Hearer) -> None:
        """Hear for it no more: after this it is not called again."""
        with self._joining:
            with self._turning:
                if self._opens is not None and hearer in self._hearers and hearer.fileno() >= 0:
                    self._opens.unheed(hearer.fileno())
                self._hearers = tuple(other for other in self._hearers if other is not hearer)
            if self._hearers or self._thread is None or self._opens is None:
                return
            self._opens.wake()
            self._thread.join(5.0)
            if not self._thread.is_alive():
                self._opens.close()
            self._opens = self._thread = None

    def _run(self, opens: Opens) -> None:
        while self._hearers:
            try:
                self._listen(opens)
            except Exception as error:  # noqa: BLE001 - what failed is told as a gap, and the hearing goes on
                detail = f"{type(error).__name__}: {error}"
                self._gap(lapse_of("hearing failed", start=time.time(), detail=detail))
                for hearer in self._hearers:
                    hearer.lost(detail)
                time.sleep(_BACK_OFF_S)

    def _listen(self, opens: Opens) -> None:
        _be_nice(_KEEN)  # processes that live for a moment must be looked at before they end
        share = Share(self._share_of_one, most_s=_BURST_S, ample_s=_AMPLE_S, now=time.monotonic())
        lapse = Lapse(self._gap)
        counted, count = time.monotonic(), 0
        while self._hearers:
            opens.listen(lapse.narrowed(self._mask()))
            if opens.wait(_WAIT_S):
                acts, heard = self._take(opens, share, lapse)
                count += acts + heard
                if acts or self.is_storm:
                    time.sleep(_BREATH_S)
                if self.is_storm:
                    opens.pause(_STORM_BREATH_S - _BREATH_S)
            opens.spare()
            self._turn(share)
            was_storm = lapse.is_storm
            lapse.judge(share, opens)
            if lapse.is_storm != was_storm:
                _be_nice(_PATIENT if lapse.is_storm else _KEEN)
            if (elapsed := time.monotonic() - counted) >= _WAIT_S:
                self.is_storm, counted, count = lapse.is_storm or count > _STORM * elapsed, time.monotonic(), 0
        lapse.end()

    def _turn(self, share: Share) -> None:
        with self._turning:
            began, now = time.thread_time(), time.time()
            for hearer in self._hearers:
                hearer.turn(now)
            share.spend(time.thread_time() - began, time.monotonic())

    def _mask(self) -> int:
        mask = 0
        for hearer in self._hearers:
            mask |= hearer.mask
        return mask

    def _take(self, opens: Opens, share: Share, lapse: Lapse) -> tuple[int, int]:
        """Take what came: first what hearers read by themselves, then the openings that were before it or meanwhile;
        how many of each.
        """
        with self._turning:
            hearers = self._hearers
            count = sum(hearer.begin() for hearer in hearers)
            began = time.thread_time()
            with self.guard:
                heard = self._hear(hearers, opens)
            lapse.heard(heard)
            share.spend(time.thread_time() - began, time.monotonic())
            with self.guard:
                now = time.time()
                for hearer in hearers:
                    hearer.end(now)
        return count, heard

    def _hear(self, hearers: tuple[Hearer, ...], opens: Opens) -> int:
        now = time.time()
        count = 0
        for _ in range(_MOST_IN_A_TURN):
            before = count
            for event in opens.events():
                count += 1
                if event.pid in (self._own, 0):
                    continue
                if event.mask & OPEN_EXEC:
                    self.processes.execute(event.pid, os.readlink(f"/proc/self/fd/{event.fd}"), now)
                for hearer in hearers:
                    if event.mask & hearer.mask:
                        hearer.hear(event, opens, now)
            if count == before:
                break
        return count


def _be_nice(level: int) -> None:
    """Set the priority of this thread, where that is allowed."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), level)
