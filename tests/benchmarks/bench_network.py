"""Throughput, memory and latency of the network channel: `python -m tests.benchmarks.bench_network`, as root.

Builds a loss-free capture of real clients, then times whole processes on it side by side; README.md says how.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import network_live, network_peers, network_traffic
from tests.benchmarks.network_clients import Job
from tests.benchmarks.network_growth import Growth, grow
from tests.benchmarks.network_limits import limits
from tests.benchmarks.network_live import Live
from tests.benchmarks.network_packets import first, thin
from tests.benchmarks.network_peers import Result, Tool
from tests.benchmarks.network_tables import figures, growth_table, limits_table, throughput_table
from tests.benchmarks.network_wire import ROOT

CACHE = ROOT / ".bench-cache" / "network"
WARM_MEGABYTES = 5
PART = "part-"
MISSED = 0.002
"""The share of full packets that the lossy capture lacks: the receiver got them, the tap did not."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """A capture, what is known to be whole in it, and how the tables call it."""

    title: str
    path: Path
    jobs: Sequence[Job]


def main() -> int:
    asked = options()
    traffic = captured(asked.megabytes)
    memory = network_traffic.memory_folder(int(2e6 * asked.megabytes))
    warm(traffic)
    results = throughput(traffic, asked, memory)
    if asked.lossy_megabytes:
        lossy(traffic, asked, memory)
    growth = [] if asked.no_growth else growing(asked.growth, asked.base_megabytes, memory)
    if growth:
        print("\n".join(growth_table(growth)), flush=True)
    print("\n".join(limits_table(limits(memory))), flush=True)
    live = [] if asked.no_live else rising(asked)
    print("\n".join(figures(results, growth, live)))
    for path in CACHE.glob(f"{PART}*"):
        path.unlink()
    return int(any(result.name.startswith("earwitness") and not result.is_whole for result in results))


def options() -> argparse.Namespace:
    numbers = lambda text: [int(part) for part in text.split(",")]  # noqa: E731
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=2100, help="size of the capture")
    parser.add_argument("--runs", type=int, default=3, help="runs of the quick tools; the median counts")
    parser.add_argument("--tshark-megabytes", type=int, default=400, help="how much of it tshark gets; 0: nothing")
    parser.add_argument("--pyshark-packets", type=int, default=20_000, help="how much of it pyshark gets; 0: nothing")
    parser.add_argument("--lossy-megabytes", type=int, default=300, help="how much of it loses packets; 0: nothing")
    parser.add_argument("--growth", type=numbers, default=[1, 4, 16], help="copies of the base capture")
    parser.add_argument("--base-megabytes", type=int, default=1000)
    parser.add_argument("--no-growth", action="store_true")
    parser.add_argument("--rates", type=numbers, default=[20, 100, 300, 600, 1000], help="Mbit/s of uploads, live")
    parser.add_argument("--live-seconds", type=int, default=20)
    parser.add_argument("--no-live", action="store_true")
    return parser.parse_args()


def captured(megabytes: int) -> Traffic:
    """The capture of that size, made now unless it was made before in the same way."""
    makers = ("network_traffic", "network_clients", "network_servers", "network_wire")
    source = b"".join(Path(__file__).with_name(f"{maker}.py").read_bytes() for maker in makers)
    path = CACHE / f"{megabytes}-mb-{hashlib.sha256(source).hexdigest()[:8]}.pcap"
    if not path.with_name(path.name + ".json").exists():
        for stale in CACHE.glob(f"{megabytes}-mb-*"):
            stale.unlink()
        print(f"capturing {megabytes} MB of real clients", flush=True)
        network_traffic.capture(path, megabytes=megabytes)
    return Traffic(f"whole capture, {path.stat().st_size / 1e6:.0f} MB", path, network_traffic.known(path))


def part(traffic: Traffic, title: str, *, size_bytes: int = 0, packets: int = 0) -> Traffic:
    """The beginning of a capture; known to be whole is what the client had ended by its last packet."""
    path = traffic.path.with_name(f"{PART}{size_bytes or packets}.pcap")
    until = first(traffic.path, path, size_bytes=size_bytes, packets=packets)
    return Traffic(title, path, [job for job in traffic.jobs if job.ended <= until])


def warm(traffic: Traffic) -> None:
    """Have Earwitness compile and keep its code, and the capture read into memory."""
    small = part(traffic, "", size_bytes=WARM_MEGABYTES * 1_000_000)
    for tool in network_peers.earwitness():
        network_peers.run(tool, small.path, [], None)
    with traffic.path.open("rb") as stream:
        while stream.read(1 << 24):
            pass


def throughput(traffic: Traffic, asked: argparse.Namespace, memory: str | None) -> list[Result]:
    """All tools on the whole capture or as much of it as they can take; prints each table as it is there."""
    rounds: list[tuple[Traffic, list[tuple[Tool, int]]]] = []
    ours, runs = network_peers.earwitness(), asked.runs
    rounds.append((traffic, [(tool, runs) for tool in (*ours, *network_peers.tcpflow())]))
    if asked.tshark_megabytes:
        title = f"first {asked.tshark_megabytes} MB"
        if traffic.path.stat().st_size > 1e6 * asked.tshark_megabytes:
            slow = part(traffic, title, size_bytes=1_000_000 * asked.tshark_megabytes)
        else:
            slow = traffic
        rounds.append((slow, [(ours[0], runs), (network_peers.tshark(), 1)]))
    if asked.pyshark_packets:
        few = part(traffic, f"first {asked.pyshark_packets} packets", packets=asked.pyshark_packets)
        rounds.append((few, [(ours[0], runs), (network_peers.pyshark(), 1)]))
    results: list[Result] = []
    for each, tools in rounds:
        found = [measured(tool, each, count, memory) for tool, count in tools]
        print("\n".join(throughput_table(each.title, each.jobs, found)), flush=True)
        results += found
    return results


def lossy(traffic: Traffic, asked: argparse.Namespace, memory: str | None) -> None:
    """What packets that the tap missed cost: the same beginning of the capture with and without them."""
    whole = part(traffic, f"first {asked.lossy_megabytes} MB", size_bytes=1_000_000 * asked.lossy_megabytes)
    path = whole.path.with_name(f"{PART}thin.pcap")
    count = thin(whole.path, path, share=MISSED)
    thinned = Traffic(f"the same without {count} packets", path, whole.jobs)
    for each, tools in ((whole, network_peers.earwitness()), (thinned, lossy_tools())):
        found = [measured(tool, each, asked.runs, memory) for tool in tools]
        print("\n".join(throughput_table(each.title, each.jobs, found)), flush=True)


def lossy_tools() -> list[Tool]:
    return [*network_peers.earwitness(), network_peers.tcpflow()[0]]


def measured(tool: Tool, traffic: Traffic, runs: int, memory: str | None) -> Result:
    """The run with the median of CPU time."""
    found = [network_peers.run(tool, traffic.path, traffic.jobs, memory) for _ in range(runs)]
    middle = statistics.median_low(result.cost.cpu_s for result in found)
    return next(result for result in found if result.cost.cpu_s == middle)


def growing(copies: list[int], megabytes: int, memory: str | None) -> list[Growth]:
    base = captured(megabytes)
    tool = network_peers.earwitness()[0]
    return [grow(tool, base.path, base.jobs, count, memory) for count in copies]


def rising(asked: argparse.Namespace) -> list[Live]:
    """The live runs: what the channel does alone, which counts, then with workers, then with sound to compare."""
    rates, seconds, plain = asked.rates, asked.live_seconds, network_traffic.plain
    sensed = network_live.rising(rates, seconds=seconds, make=plain, program=network_live.sensing)
    print("\n".join(network_live.table("the network channel alone, uploads of bytes in no format", sensed)), flush=True)
    live = network_live.rising(rates, seconds=seconds, make=plain)
    print("\n".join(network_live.table("earwitness watch, uploads of bytes in no format", live)), flush=True)
    heard = network_live.rising(rates[:1], seconds=seconds, make=network_traffic.file_of)
    print("\n".join(network_live.table("earwitness watch, uploads of audio and packages", heard)), flush=True)
    return sensed


if __name__ == "__main__":
    raise SystemExit(main())
