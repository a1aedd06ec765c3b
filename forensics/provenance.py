"""Which of the files that stand in evidence a process had open when it wrote or sent another one."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from forensics.model import Observation
from forensics.recorder import Report
from forensics.sensors.files.settled import Method, SettledFile, Stamp
from forensics.store.lineage import CAME, CHANGED, FILE_ID, OPENED, OPENED_BY
from forensics.workers import Result

BEFORE_S = 120.0
"""How long before the act a file may have been open."""
AFTER_S = 1.0
MOST_KEPT = 10_000
MOST_NAMED = 16
_SHARE = 20
"""Times of what a question costs that is waited before the next one."""

File = tuple[int, int]
"""Device and inode."""


class Read(Protocol):
    """A file that a process had open for reading."""

    @property
    def device(self) -> int:
        """Its file system."""

    @property
    def inode(self) -> int:
        """Its number there."""

    @property
    def pid(self) -> int:
        """The process."""

    @property
    def process(self) -> str:
        """Its name."""

    @property
    def first(self) -> float:
        """When it was opened."""


class Reads(Protocol):
    """Remembers for a while who read what."""

    def reads_of(self, pid: int, *, since: float, until: float) -> Sequence[Read]:
        """What a process or its kin had open in the interval."""

    def readers_of(self, device: int, inode: int, *, since: float, until: float) -> Sequence[Read]:
        """Who had a file open in the interval."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file that stands in evidence."""

    uri: str
    sha256: str
    writer: int


class Provenance:
    """Nothing but files that are in evidence already is named, so that nothing new of anybody is kept.

    `reads` gives None while nobody listens: then it is not known what was open. Asked for at most a twentieth of the
    time; what is not asked is not claimed.
    """

    def __init__(self, reads: Callable[[], Reads | None]) -> None:
        self._reads = reads
        self._kept: OrderedDict[File, _Kept] = OrderedDict()
        self._next = 0.0

    def keep(self, settled: SettledFile | None, report: Report) -> None:
        """Remember a file of which something was recorded."""
        if settled is None or settled.stamp is None or report.recorded.observation_id is None:
            return
        file = settled.stamp.device, settled.stamp.inode
        self._kept[file] = _Kept(settled.uri, report.analysis.artifacts[0].content.sha256, settled.pid)
        self._kept.move_to_end(file)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def placed(self, result: Result, settled: SettledFile | None) -> Result:
        """The result, with what is known of where it came from on the observation's own artifact."""
        analysis = result.analysis
        first, *others = analysis.artifacts
        facts = dict(first.facts)
        if settled is not None:
            facts = {**settled.facts, **identity(settled.stamp, settled.method), **facts}
        if any(match.accepted for match in analysis.matches):
            facts |= self._opened(analysis.observation)
        artifacts = (replace(first, facts=facts), *others)
        return replace(result, analysis=replace(analysis, artifacts=artifacts))

    def _opened(self, seen: Observation) -> dict[str, str]:
        """What the process had open or, where nobody knows the process, who opened last what has these bytes."""
        began = time.monotonic()
        known = self._reads()
        if known is None or not self._kept or began < self._next:
            return {}
        reads = self._reads_of(known, seen)
        self._next = time.monotonic() + _SHARE * (time.monotonic() - began)
        kept = {self._kept[file].uri: read for read in reads if (file := (read.device, read.inode)) in self._kept}
        kept.pop(seen.destination or seen.source, None)
        if not kept:
            return {}
        by = {f"{read.process} ({read.pid})" for read in kept.values()}
        return {OPENED: "\n".join(list(kept)[:MOST_NAMED]), OPENED_BY: ", ".join(sorted(by)[:MOST_NAMED])}

    def _reads_of(self, known: Reads, seen: Observation) -> Sequence[Read]:
        since, until = seen.time - BEFORE_S, seen.time + AFTER_S
        if seen.subject.pid:
            return known.reads_of(seen.subject.pid, since=since, until=until)
        same = [(file, kept) for file, kept in self._kept.items() if kept.sha256 == seen.content.sha256]
        reads = [
            read
            for (device, inode), kept in same[-MOST_NAMED:]
            for read in known.readers_of(device, inode, since=since, until=until)
            if read.pid != kept.writer
        ]
        return sorted(reads, key=lambda read: read.first)[-1:]


def identity(stamp: Stamp | None, method: Method) -> dict[str, str]:
    """By what lineage knows a file under another name, how it came to notice and when it last changed."""
    if stamp is None:
        return {CAME: method.value}
    return {
        FILE_ID: f"{stamp.device}:{stamp.inode}",
        CAME: method.value,
        CHANGED: f"{stamp.ctime_ns / 1e9:.3f}",
    }
