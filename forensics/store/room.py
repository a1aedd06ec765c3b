"""What is still recorded while the disk fills: content goes first, then texts, then all but what was seen leaving.

Thresholds are free bytes (`keep.*_free_mib`), of a small file system at most a share of it. What was left out is told:
a gap when a step is reached, and one with times and counts when there is room again. Metadata is written until the disk
is full; then the recorder holds the sensors back, and a reserve is given up so that the gap which says so can be
written.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path

from forensics.config import MIB, Keep
from forensics.log import logger
from forensics.model import Gap

RESERVE = ".reserve"
RESERVE_BYTES = MIB
_BACK = 1.25
"""How much more than a threshold must be free before the step ends, so that it does not come and go."""
_ALARM = 1.5
"""At how much more than a threshold its step is announced."""


class Step(IntEnum):
    """How far down the ladder it is; each leaves out what those before did, too."""

    ALL = 0
    NO_CONTENT = 1
    NO_TEXT = 2
    METADATA = 3


WORDS = {
    Step.NO_CONTENT: "content is not kept",
    Step.NO_TEXT: "texts (quotes, long facts) are not kept",
    Step.METADATA: "only what was seen leaving and what matched is kept",
}
_SETTINGS = {Step.NO_CONTENT: "content", Step.NO_TEXT: "text", Step.METADATA: "metadata"}
_SHARES = {Step.NO_CONTENT: 20, Step.NO_TEXT: 40, Step.METADATA: 80}


def _usage(folder: Path) -> tuple[int, int]:
    usage = shutil.disk_usage(folder)
    return usage.total, usage.free


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The ladder as it was at one look, and the gaps to record because of it."""

    step: Step
    since: float
    lean: int
    gaps: tuple[Gap, ...] = ()


class Room:
    """The room that is left for one store. `free_of` gives total and free bytes of the file system of a folder."""

    def __init__(
        self,
        store: Path,
        keep: Keep | None = None,
        *,
        free_of: Callable[[Path], tuple[int, int]] = _usage,
    ) -> None:
        keep = keep or Keep()
        self._store = store
        self._free_of = free_of
        wanted = (keep.content_free_mib, keep.text_free_mib, keep.metadata_free_mib)
        self._wanted = {step: mib * MIB for step, mib in zip(WORDS, wanted, strict=True)}
        self._now = Looked(step=Step.ALL, since=0.0, lean=0)
        self._alarmed: Step | None = None
        self._log = logger("store")

    def has_for(self, size: int) -> bool:
        """Say whether so many bytes of content leave enough for what is said about it. Raises OSError."""
        total, free = self._free_of(self._store)
        return free - size >= self._least(Step.NO_CONTENT, total)

    def look(self, now: float) -> Looked:
        """Where the ladder stands now (Unix seconds); `settle` makes it so once its gaps are recorded."""
        try:
            total, free = self._free_of(self._store)
        except OSError:
            return self._now
        step = max((each for each in WORDS if free < self._due(each, total)), default=Step.ALL)
        self._announce(step, total, free)
        old = self._now
        if step == old.step:
            return old
        gaps = []
        if old.step is not Step.ALL:
            detail = f"over: {WORDS[old.step]}"
            gaps.append(_gap(now, detail, since=old.since, size=old.lean, unit="observations"))
        if step is not Step.ALL:
            least = self._least(step, total)
            detail = f"{WORDS[step]}: less than {least / MIB:.1f} MiB free (keep.{_SETTINGS[step]}_free_mib)"
            gaps.append(_gap(now, detail, since=now, size=free, unit="bytes"))
        return Looked(step=step, since=now, lean=0, gaps=tuple(gaps))

    def settle(self, looked: Looked, lean: int) -> None:
        """A transaction ended in which so many observations were recorded without all that belongs to them."""
        if looked.step is Step.ALL and self._now.step is not Step.ALL:
            self._log.warning("there is room again: everything is kept")
            self.take_reserve()
        self._now = replace(looked, lean=looked.lean + lean, gaps=())

    def words(self) -> str:
        """What is left out now or will be soon; empty while there is room."""
        if self._now.step is not Step.ALL:
            return f"disk nearly full: {WORDS[self._now.step]}"
        return "disk filling: soon content is not kept" if self._alarmed is not None else ""

    def words_now(self) -> str:
        """What a store that is opened now leaves out; empty when nothing."""
        step = self.look(0.0).step
        return "" if step is Step.ALL else f"disk nearly full: {WORDS[step]}"

    def take_reserve(self) -> None:
        """Set bytes aside that can be given up when the disk is full; not where they would be missed."""
        path = self._store / RESERVE
        with suppress(OSError):
            total, free = self._free_of(self._store)
            if path.exists() or free - RESERVE_BYTES < self._least(Step.NO_CONTENT, total):
                return
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(fd, 0, RESERVE_BYTES)
            finally:
                os.close(fd)

    def give_up_reserve(self) -> bool:
        """Free the reserve; says whether there was one."""
        with suppress(OSError):
            (self._store / RESERVE).unlink()
            return True
        return False

    def is_full(self) -> bool:
        """Say whether there is less free than the reserve holds."""
        with suppress(OSError):
            return self._free_of(self._store)[1] < RESERVE_BYTES
        return False

    def _least(self, step: Step, total: int) -> int:
        return min(self._wanted[step], total // _SHARES[step])

    def _due(self, step: Step, total: int) -> float:
        """Below how many free bytes the step is taken, or kept when it is taken already."""
        return self._least(step, total) * (_BACK if step <= self._now.step else 1.0)

    def _announce(self, step: Step, total: int, free: int) -> None:
        """Warn once before each step."""
        coming = next((each for each in WORDS if each > step and free < _ALARM * self._least(each, total)), None)
        if coming is not None and coming != self._alarmed:
            self._log.warning("the disk is filling", free_mib=free // MIB, soon=WORDS[coming])
        self._alarmed = coming


def _gap(now: float, detail: str, *, since: float, size: int, unit: str) -> Gap:
    cause = "disk nearly full"
    return Gap(sensor="store", channel="all", start=since, end=now, cause=cause, size=size, unit=unit, detail=detail)
