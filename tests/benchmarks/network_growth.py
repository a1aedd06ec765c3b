"""Whether memory stays flat: the same traffic 1, 4 and 16 times over, each time between other hosts and later."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.network_clients import Job
from tests.benchmarks.network_clock import Cost
from tests.benchmarks.network_packets import repeat
from tests.benchmarks.network_peers import Tool, tail, timed

DIGEST = 16
"""The digits of a digest that `objects` prints."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What one capture of `copies` copies cost; `exact` of `known` files were listed."""

    copies: int
    megabytes: float
    cost: Cost
    exact: int
    known: int


def grow(tool: Tool, base: Path, jobs: Sequence[Job], copies: int, memory: str | None) -> Growth:
    """Time the tool on so many copies of the capture, which are removed again.

    The objects of one copy have the names of those of the next, so that what is written does not grow.
    """
    path = base if copies == 1 else base.with_name(f"{copies}-times.pcap")
    try:
        if path != base:
            repeat(base, path, copies)
        with tempfile.TemporaryDirectory(dir=memory) as name:
            said = Path(name) / "said"
            (Path(name) / "out").mkdir()
            cost = timed(tool.on(path, Path(name) / "out"), Path(name) / "cost", said)
            if cost.code:
                raise SystemExit(f"{tool.name} ended with {cost.code} on {copies} copies: {tail(said)}")
            listed = Counter(word for line in said.open(errors="replace") for word in line.split()[:6])
        exact = sum(min(copies, listed[job.sha256[:DIGEST]]) for job in jobs)
        return Growth(copies, path.stat().st_size / 1e6, cost, exact, copies * len(jobs))
    finally:
        if path != base:
            path.unlink(missing_ok=True)
