"""What examining has used of its budget of late, as heartbeats tell it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

from forensics.config import Files

WINDOW_S = 60.0
LEAST_S = 1.0
"""Between two samples; what is asked in between is answered from the last."""
KIB = 1024


class Usage:
    """Means over the last minute, sampled when asked. From any thread.

    `cpu_s` and `read_bytes` say how much was used since the monitor began: seconds of a processor, bytes.
    """

    def __init__(
        self,
        allowed: Files,
        *,
        cpu_s: Callable[[], float],
        read_bytes: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allowed = {
            "cpu_percent_allowed": round(100 * allowed.cpu_share),
            "read_kib_s_allowed": round(KIB * allowed.read_mib_s),
        }
        self._cpu_s = cpu_s
        self._read_bytes = read_bytes
        self._clock = clock
        self._guard = threading.Lock()
        self._samples = deque([(clock(), cpu_s(), read_bytes())])

    def counters(self) -> Mapping[str, int]:
        """What was used and what is allowed: percents of one processor, KiB a second."""
        with self._guard:
            now = self._clock()
            if now - self._samples[-1][0] >= LEAST_S:
                self._samples.append((now, self._cpu_s(), self._read_bytes()))
            while len(self._samples) > 1 and now - self._samples[1][0] >= WINDOW_S:
                self._samples.popleft()
            ends = zip(self._samples[-1], self._samples[0], strict=True)
            passed_s, cpu_s, size = (after - before for after, before in ends)
        passed_s = passed_s or LEAST_S
        used = {"cpu_percent": round(100 * cpu_s / passed_s), "read_kib_s": round(size / KIB / passed_s)}
        return used | self._allowed
