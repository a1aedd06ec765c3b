"""The wire is watched while uploads run at rising rates: what is dropped, what it costs and how late it is told.

Either by `earwitness watch`, whose lines come when workers have opened and compared what left, or by the network
channel alone, which tells as soon as an object is whole.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.network_clients import Job, Plan
from tests.benchmarks.network_clock import descendants
from tests.benchmarks.network_stream import KINDS
from tests.benchmarks.network_traffic import Maker, memory_folder, planned
from tests.benchmarks.network_wire import ROOT, SERVER, Wire, environment, python, serving, wire

PARALLEL = 8
START_S, DRAIN_S, WARM_S = 120.0, 60.0, 2.0
TICKS = os.sysconf("SC_CLK_TCK")
MONITOR, WORKERS = "watch", "workers"
PARTS = {
    "sensors.network.keeper": "keeper",
    "sensors.network.tap": "capture",
    "dumpcap": "capture",
    "forensics.worker": WORKERS,
    "tshark": "tshark",
}


@dataclass(frozen=True, slots=True)
class Live:
    """One rate: CPU seconds by kind of process until all was seen, and the latencies of what was seen."""

    asked_mbit: int
    seconds: float
    megabytes: float
    uploads: int
    late_s: Sequence[float]
    drops: int
    gaps: dict[str, int]
    cpu_s: dict[str, float]

    @property
    def mbit(self) -> float:
        """The rate at which files really left, without headers."""
        return 8 * self.megabytes / self.seconds

    @property
    def sensing(self) -> float:
        """Cores taken by all but the workers, who open and compare."""
        return sum(used for kind, used in self.cpu_s.items() if kind != WORKERS) / self.seconds

    def latency_s(self, share: float) -> float:
        """The latency that this share of the uploads kept below; infinite where fewer were seen at all."""
        index = math.ceil(share * self.uploads) - 1
        return sorted(self.late_s)[index] if index < len(self.late_s) else math.inf


@dataclass(slots=True)
class Watch:
    """The monitor's lines: when each digest was first seen, and the gaps."""

    seen: dict[str, float] = field(default_factory=dict)
    gaps: list[dict[str, Any]] = field(default_factory=list)

    def read(self, lines: Iterator[str]) -> None:
        for line in lines:
            now, record = time.time(), json.loads(line)
            if "gap" in record:
                self.gaps.append(record["gap"])
            else:
                self.seen.setdefault(record["sha256"], now)


Program = Callable[[Wire, Path], list[str]]
"""The command line that watches a wire with a store of its own."""


def watching_all(made: Wire, store: Path) -> list[str]:
    """All of it."""
    earwitness = str(Path(sys.executable).with_name("earwitness"))
    return [earwitness, "--store", str(store), "watch", "--json", "--interface", made.interface]


def sensing(made: Wire, store: Path) -> list[str]:
    """The network channel alone."""
    store.mkdir()
    return python("network_sensing", made.interface, str(store))


def rising(rates: Sequence[int], *, seconds: int, make: Maker, program: Program = watching_all) -> list[Live]:
    """One run for each rate in Mbit/s, each with a store of its own."""
    return [run(rate, seconds, make, program) for rate in rates]


def run(mbit: int, seconds: int, make: Maker, program: Program) -> Live:
    size = int(mbit * 1e6 / 8 * seconds)
    with tempfile.TemporaryDirectory(dir=memory_folder(2 * size + (1 << 29))) as name, wire() as made:
        folder = Path(name)
        jobs = planned(folder, size, seed=mbit, uploaded=1.0, make=make, kinds=KINDS)
        with serving(made, folder):
            watch = Watch()
            with watching(made, program(made, folder / "store"), watch) as monitor:
                time.sleep(WARM_S)
                before, began = used(made, monitor), time.monotonic()
                sent = send(made, folder, Plan(SERVER, folder / "files", PARALLEL, jobs), mbit * 1e6 / 8)
                took = time.monotonic() - began
                wait_for(watch, jobs)
                spent = {kind: value - before[kind] for kind, value in used(made, monitor).items()}
    return result(mbit, took, [job for job in jobs if job.is_upload], jobs, sent, watch, spent)


def result(
    mbit: int,
    took: float,
    uploads: list[Job],
    jobs: list[Job],
    sent: dict[str, float],
    watch: Watch,
    spent: dict[str, float],
) -> Live:
    late = [watch.seen[job.sha256] - sent[job.name] for job in uploads if job.sha256 in watch.seen]
    causes = Counter(gap["cause"] for gap in watch.gaps)
    drops = sum(gap["size"] for gap in watch.gaps if gap["cause"] == "packets dropped")
    megabytes = sum(job.size for job in jobs) / 1e6
    return Live(mbit, took, megabytes, len(uploads), late, drops, dict(causes), spent)


@contextlib.contextmanager
def watching(made: Wire, program: list[str], watch: Watch) -> Iterator[int]:
    """The process id of the monitor on the near end; its last lines are in `watch` once the context has ended."""
    process = subprocess.Popen(
        made.inside(made.near, program),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stderr
    is_ready, talk, said = threading.Event(), process.stderr, deque[str](maxlen=20)

    def listen() -> None:
        for line in talk:
            said.append(line)
            if line.startswith("watching"):
                is_ready.set()

    threads = [threading.Thread(target=listen), threading.Thread(target=watch.read, args=(process.stdout,))]
    for thread in threads:
        thread.start()
    try:
        if not is_ready.wait(START_S):
            raise SystemExit("the watch did not start: " + "".join(said))
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=DRAIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for thread in threads:
            thread.join()


def send(made: Wire, folder: Path, plan: Plan, rate: float) -> dict[str, float]:
    """Send the files at `rate` bytes a second; when the last byte of each was given to the system."""
    plan.save(folder / "plan")
    done = folder / "done"
    command = python("network_stream", str(folder / "plan"), str(done), str(rate))
    subprocess.run(made.inside(made.near, command), cwd=ROOT, check=True, env=environment())
    sent: dict[str, float] = json.loads(done.read_text())
    return sent


def wait_for(watch: Watch, jobs: Sequence[Job]) -> None:
    """Wait until all uploads were seen, or until nothing new came for a while."""
    wanted = {job.sha256 for job in jobs if job.is_upload}
    count, since = -1, time.monotonic()
    while not wanted <= watch.seen.keys():
        if len(watch.seen) != count:
            count, since = len(watch.seen), time.monotonic()
        if time.monotonic() - since > DRAIN_S / 4:
            return
        time.sleep(0.05)


def used(made: Wire, monitor: int) -> dict[str, float]:
    """CPU seconds so far by kind of process, each with those it has waited for.

    Counted are all that descend from the monitor, and the capture, which may have been detached from it.
    """
    said = subprocess.run(["ip", "netns", "pids", made.near], check=True, capture_output=True, text=True).stdout
    total = dict.fromkeys((MONITOR, *PARTS.values()), 0.0)
    family = {monitor, *descendants(monitor)}
    for pid in family | set(map(int, said.split())):
        with contextlib.suppress(OSError):
            call = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]
            kind = next((kind for word, kind in PARTS.items() if word in call), MONITOR)
            if pid in family or kind != MONITOR:
                total[kind] += sum(map(int, times)) / TICKS
    return total


def table(title: str, found: Sequence[Live]) -> list[str]:
    """One line a rate; `title` says who watches what."""
    kinds = [MONITOR, *dict.fromkeys(PARTS.values())]
    return [
        f"\n{title}; latency from the last byte sent to the line, CPU in cores by process",
        f"{'asked':>6}{'Mbit/s':>8}{'seen':>11}{'drops':>7}{'p50 ms':>9}{'p99 ms':>9}"
        + "".join(f"{kind:>9}" for kind in kinds),
        *(
            f"{each.asked_mbit:6}{each.mbit:8.0f}{f'{len(each.late_s)}/{each.uploads}':>11}{each.drops:7}"
            f"{1000 * each.latency_s(0.5):9.0f}{1000 * each.latency_s(0.99):9.0f}"
            + "".join(f"{each.cpu_s[kind] / each.seconds:9.2f}" for kind in kinds)
            + (f"  gaps: {each.gaps}" if each.gaps else "")
            for each in found
        ),
    ]
