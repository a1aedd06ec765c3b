"""Returns and leaks of one day: `python -m tests.benchmarks.bench_returns`; README.md says what is asked."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.benchmarks.returns_day import Day, play
from tests.benchmarks.returns_leaks import KINDS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--returns", type=int, default=10_000)
    parser.add_argument("--leaks", type=int, default=20)
    parser.add_argument("--contractors", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="earwitness-returns-") as place:
        day = play(
            Path(place), returns=asked.returns, leaks=asked.leaks, contractors=asked.contractors, seed=asked.seed
        )
    print("\n".join(lines(day)), flush=True)
    return int(bool(day.false or day.missed or day.unclosed))


def lines(day: Day) -> list[str]:
    """The table."""
    leaks = day.found.total() + day.missed.total()
    found = [f"{kind:<38} {day.found[kind]:>5} of {day.found[kind] + day.missed[kind]}" for kind in KINDS]
    each = f"{1000 * day.judging_cpu_s / (day.returns + leaks):.1f} ms each"
    return [
        f"{day.returns} returns of {day.contractors} contractors in a day, {leaks} leaks; {day.texts} registered items",
        "",
        *(line for line in found if not line.endswith(" of 0")),
        "",
        f"{'false alerts':<38} {len(day.false):>5} of {day.returns}",
        f"{'leaks found':<38} {day.found.total():>5} of {leaks}",
        f"{'returns that closed their issue':<38} {day.returns - len(day.unclosed):>5} of {day.returns}",
        f"{'registering, CPU s':<38} {day.registering_cpu_s:>8.1f}",
        f"{'opening, comparing, recording, CPU s':<38} {day.judging_cpu_s:>8.1f}  ({each})",
        f"{'issued: all of them listed, CPU s':<38} {day.listing_cpu_s:>8.1f}",
        *(f"  false: {reason}" for reason in day.false[:20]),
        *(f"  not closed: {package}" for package in day.unclosed[:20]),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
