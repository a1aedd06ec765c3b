"""What a watcher's lines say of a storm: lost, unsettled, doubled, how late, at what cost."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple


class Line(NamedTuple):
    """What a watcher said. `kind`: ready, noticed, settled, gap; `what` is the file's name or the gap's cause."""

    at: float
    kind: str
    what: str


class Verdict(NamedTuple):
    """How a watcher did in a storm. Times in seconds: `queued` from a file's close to the first word of it, `settled`
    to the first word that it is at rest, sorted; `end` from the end of the storm to the last file; `cpu` is that of
    the storm. `remark` says what else there is to say.
    """

    watcher: str
    files: int
    lost: int
    unsettled: int
    doubled: int
    gaps: int
    queued: Sequence[float]
    settled: Sequence[float]
    end: float
    cpu: float
    remark: str = ""

    @property
    def cpu_10k(self) -> float:
        """CPU seconds for ten thousand files."""
        return self.cpu * 10_000 / max(1, self.files)


def parse(lines: Iterable[str]) -> list[Line]:
    """Lines of a watcher; paths become names, which are unique in a storm."""
    found = []
    for line in lines:
        at, kind, what = line.split("\t", 2)
        found.append(Line(float(at), kind, what if kind == "gap" else what.rpartition("/")[2]))
    return found


def judge(
    watcher: str, closed: Mapping[str, float], lines: Sequence[Line], *, ended: float, cpu: float, remark: str = ""
) -> Verdict:
    """Compare the storm's files, by name and time of close, with what was said since it began."""
    first: dict[str, float] = {}
    rest: dict[str, float] = {}
    times: Counter[str] = Counter()
    for at, kind, name in lines:
        if name not in closed:
            continue
        first[name] = min(at, first.get(name, at))
        if kind == "settled":
            rest.setdefault(name, at)
            times[name] += 1
    return Verdict(
        watcher=watcher,
        files=len(closed),
        lost=len(closed.keys() - first.keys()),
        unsettled=len(first.keys() - rest.keys()),
        doubled=sum(count > 1 for count in times.values()),
        gaps=sum(line.kind == "gap" for line in lines),
        queued=sorted(max(0.0, at - closed[name]) for name, at in first.items()),
        settled=sorted(max(0.0, at - closed[name]) for name, at in rest.items()),
        end=max(0.0, max(rest.values(), default=ended) - ended),
        cpu=cpu,
        remark=remark,
    )


def share_of(sorted_values: Sequence[float], share: float) -> float:
    """The value below or at which that share lies; nan of nothing."""
    if not sorted_values:
        return math.nan
    return sorted_values[max(0, math.ceil(share * len(sorted_values)) - 1)]


HEAD = (
    f"{'watcher':<19}{'lost':>8}{'unsettled':>10}{'doubled':>8}{'gaps':>6}"
    f"{'queued p50, p99 ms':>20}{'settled p50, p99 ms':>21}{'end s':>7}{'CPU s/10k':>11}"
)


def row(each: Verdict, title: str) -> str:
    """A line of the table."""
    return (
        f"{title:<19}{each.lost:8}{each.unsettled:10}{each.doubled:8}{each.gaps:6}"
        f"{_pair(each.queued):>20}{_pair(each.settled):>21}{each.end:7.1f}{each.cpu_10k:11.2f}"
        f"{'  ' + each.remark if each.remark else ''}"
    )


def _pair(values: Sequence[float]) -> str:
    if not values:
        return "-"
    return f"{1000 * share_of(values, 0.5):.1f}, {1000 * share_of(values, 0.99):.1f}"
