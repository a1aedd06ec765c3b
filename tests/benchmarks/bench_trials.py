"""What `rules test` costs: `python -m tests.benchmarks.bench_trials`; README.md says what is asked."""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from forensics.cli.rules.books import analyser
from forensics.config import Limits
from forensics.rulebook.book import Rulebook
from forensics.rulebook.cases import Case, find_cases, written_cases
from tests.benchmarks.trials_pack import build

MOST_CPU_S = 20.0
"""What 100 rules and 1,000 cases may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """CPU seconds, user and system, of a whole tree of processes; `last` is the summary the command ended with."""

    cpu_s: float
    last: str
    exit_code: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", type=int, default=100)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="earwitness-trials-") as place:
        pack = Path(place) / "pack"
        build(pack, rules=asked.rules, cases=asked.cases, seed=asked.seed)
        print(f"{asked.rules} rules, {asked.cases} cases, seed {asked.seed}; CPU s of all processes\n")
        print("\n".join(lines(pack)), flush=True)
        whole = tried(pack)
    print(f"\n{whole.last}\nat most {MOST_CPU_S:g} CPU s are asked for with 100 rules and 1,000 cases")
    return whole.exit_code or int(whole.cpu_s > MOST_CPU_S and (asked.rules, asked.cases) == (100, 1000))


def lines(pack: Path) -> list[str]:
    """The table: the command as a whole, and where the time goes."""
    one, two = (tried(pack, "--jobs", jobs) for jobs in ("1", "2"))
    none = command("rules", "list", str(pack))
    book = Rulebook.load([pack]).activated()
    written = [case for case in written_cases(book) if isinstance(case, Case)]
    cases = [*find_cases(book, [pack / "samples"]), *written]
    matched, opened = over(book, cases), over(Rulebook.empty(), cases)
    each = len(cases) / 1000
    return [
        f"{'rules test, 1 worker':<44} {one.cpu_s:>7.2f}",
        f"{'rules test, 2 workers':<44} {two.cpu_s:>7.2f}",
        "",
        f"{'of it the command, rules read':<44} {none.cpu_s:>7.2f}",
        f"{'of it opening the cases, in one process':<44} {opened:>7.2f}  ({opened / each:.2f} ms each)",
        f"{'of it matching them':<44} {matched - opened:>7.2f}  ({(matched - opened) / each:.2f} ms each)",
        f"{'of it workers: start, messages, end (1)':<44} {one.cpu_s - none.cpu_s - matched:>7.2f}",
    ]


def tried(pack: Path, *options: str) -> Measured:
    """`rules test` of the pack."""
    return command("rules", "test", str(pack), *options)


def command(*arguments: str) -> Measured:
    """Run the command and what it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    call = [sys.executable, "-m", "forensics.cli", *arguments]
    done = subprocess.run(call, capture_output=True, text=True, check=False, env=dict(os.environ))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    said = done.stdout.splitlines() or done.stderr.splitlines() or [""]
    return Measured(cpu_s=cpu_s, last=said[-1], exit_code=done.returncode)


def over(book: Rulebook, cases: Sequence[Case]) -> float:
    """CPU seconds to open and match these cases in this process, decoders and rules loaded."""
    analyse = analyser(book, Limits())
    for case in cases[:20]:
        analyse(case.content(), case.file)
    begun = time.process_time()
    for case in cases:
        analyse(case.content(), case.file)
    return time.process_time() - begun


if __name__ == "__main__":
    raise SystemExit(main())
