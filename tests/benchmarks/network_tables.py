"""The tables and the figures that the network bench prints."""

from __future__ import annotations

from collections.abc import Sequence

from tests.benchmarks.network_clients import Job
from tests.benchmarks.network_growth import Growth
from tests.benchmarks.network_live import Live
from tests.benchmarks.network_peers import Result

MAX_RSS_MB = 300.0
FLAT = 0.05


def throughput_table(title: str, jobs: Sequence[Job], results: Sequence[Result]) -> list[str]:
    """One line a tool; the first is what the others are compared with."""
    sent = [job for job in jobs if job.is_upload]
    size = sum(job.size for job in sent) / 1e6
    first = results[0]
    return [
        f"\n{title}: {len(sent)} uploads of {size:.0f} MB among {len(jobs)} files known to be whole in it",
        f"{'tool':<26}{'CPU s':>9}{'MB/CPU s':>10}{'wall s':>8}{'peak MB':>9}"
        f"{'uploads':>11}{'downloads':>11}{'ratio':>8}",
        *(
            f"{each.name:<26}{each.cost.cpu_s:9.2f}{each.rate:10.1f}{each.cost.wall_s:8.1f}{each.cost.rss_mb:9.0f}"
            f"{f'{each.uploads}/{len(sent)}':>11}{f'{each.downloads}/{len(jobs) - len(sent)}':>11}"
            f"{first.rate / each.rate:7.1f}x"
            for each in results
        ),
    ]


def growth_table(found: Sequence[Growth]) -> list[str]:
    return [
        "\nmemory of earwitness objects, the same traffic many times over between other hosts",
        f"{'copies':>8}{'MB':>9}{'peak MB':>9}{'CPU s':>9}{'MB/CPU s':>10}{'exact files':>16}",
        *(
            f"{each.copies:8}{each.megabytes:9.0f}{each.cost.rss_mb:9.0f}{each.cost.cpu_s:9.2f}"
            f"{each.megabytes / each.cost.cpu_s:10.1f}{f'{each.exact}/{each.known}':>16}"
            for each in found
        ),
    ]


def limits_table(found: Sequence[tuple[str, float]]) -> list[str]:
    """The primitives, and what is left when bytes are read once, and all or a quarter hashed and written."""
    rates = dict(found)
    reading = 1 / rates["reading them"]
    kept = sum(1 / rate for name, rate in found if name == "sha256" or name.startswith("writing"))
    least, quarter = reading + kept, reading + kept / 4
    return [
        "\nlimits of this machine, one thread",
        *(f"{name:<26}{rate:10.0f} MB/CPU s" for name, rate in found),
        f"{'read, hash, write all':<26}{1 / least:10.0f} MB/CPU s",
        f"{'hash, write a quarter':<26}{1 / quarter:10.0f} MB/CPU s",
    ]


def figures(results: Sequence[Result], growth: Sequence[Growth], live: Sequence[Live]) -> list[str]:
    """What is to be reached, what this run reached, and whether that is enough."""
    lines: list[tuple[str, str, bool]] = []
    ours = results[0]
    rates = {each.name: each for each in results}
    lines.append(("1 GB per CPU second", f"{ours.rate / 1000:.2f}", ours.rate >= 1000))
    for name, wanted in (("tcpflow -a", 3), ("tshark --export-objects", 100)):
        if name in rates:
            ratio = ours.rate / rates[name].rate
            lines.append((f"{wanted}x {name}, per MB", f"{ratio:.1f}x", ratio >= wanted))
    if growth:
        peaks = [each.cost.rss_mb for each in growth]
        lines.append((f"{MAX_RSS_MB:.0f} MB at most", f"{max(peaks):.0f} MB", max(peaks) <= MAX_RSS_MB))
        spread = max(peaks) / min(peaks) - 1
        lines.append((f"flat within {FLAT:.0%}", f"{spread:.1%}", spread <= FLAT))
    for each in live:
        if each.asked_mbit == max(run.asked_mbit for run in live):
            rate = f"at {each.mbit:.0f} Mbit/s"
            lines.append((f"0 drops {rate}", str(each.drops), each.drops == 0))
            lines.append((f"half a core {rate}", f"{each.sensing:.2f}", each.sensing <= 0.5))
            p50, p99 = (1000 * each.latency_s(share) for share in (0.5, 0.99))
            lines.append((f"p50 50 ms, p99 250 ms {rate}", f"{p50:.0f}, {p99:.0f} ms", p50 <= 50 and p99 <= 250))
    return ["\nfigures", *(f"{what:<40}{got:>14}  {'reached' if is_met else 'missed'}" for what, got, is_met in lines)]
