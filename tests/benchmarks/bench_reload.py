"""How long rules take to be in force after they changed: `python -m tests.benchmarks.bench_reload`.

A pack of many rules is changed under a pool that works all the time. From the change having been noticed to the moment
at which every task is answered by the new rules, as the monitor does it; and whether a task was lost.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from forensics.config import Config
from forensics.content import Content
from forensics.model import Observation
from forensics.reloading import LOOK_S
from forensics.rulebook.choice import Choice
from forensics.rulebook.editions import Editions
from forensics.worker import child
from forensics.workers import WorkerPool

RULE = """rule r{number}
{{
    meta:
        id = "BENCH-{number:05d}"
        title = "{words}"
        severity = "low"
        version = {version}
        status = "active"
        scope = "{scope}"
    strings:
        $a = "{one}" {how}
        $b = "{other}"
        $c = /{one}[0-9]{{2,8}}{other}/
    condition:
        $a and ($b or $c)
}}
"""


@dataclass(slots=True)
class Reloads:
    """Times in seconds, one for each change; tasks and what became of them."""

    copied_s: list[float] = field(default_factory=list)
    loaded_s: list[float] = field(default_factory=list)
    adopted_s: list[float] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    tasks: int = 0


def write(pack: Path, rules: int, *, version: int, nocase: float = 0.1) -> None:
    """A pack of so many rules in files of a hundred, a share of them `nocase`, which compiles slowly; by seed."""
    dice = random.Random(17)
    (pack / "yara").mkdir(parents=True, exist_ok=True)
    (pack / "pack.toml").write_text(f'id = "bench"\nversion = "{version}"\n')
    letters = "abcdefghijklmnopqrstuvwxyz"
    for start in range(0, rules, 100):
        texts = []
        for number in range(start, min(start + 100, rules)):
            one, other = ("".join(dice.choices(letters, k=9)) for _ in range(2))
            texts.append(
                RULE.format(
                    number=number,
                    words=f"Rule {number}",
                    version=version,
                    scope="text" if number % 3 == 0 else "raw",
                    one=one,
                    how="ascii wide nocase" if number % 10 < nocase * 10 else "ascii wide",
                    other=other,
                )
            )
        (pack / "yara" / f"{start:05d}.yar").write_text("\n".join(texts))


def play(folder: Path, *, rules: int, changes: int, workers: int, nocase: float = 0.1) -> Reloads:
    """Change the pack so often while files are looked at."""
    pack, store = folder / "pack", folder / "store"
    store.mkdir()
    write(pack, rules, version=1, nocase=nocase)
    editions, result = Editions(store), Reloads()
    first = editions.keep([pack])
    pool = WorkerPool(Config(), store, count=workers, choice=Choice(places=first.places, generation=first.generation))
    stopping = threading.Event()
    futures = []

    def look() -> None:
        while not stopping.is_set():
            content = Content.of(f"file {len(futures)} with words in it\n".encode() * 50)
            seen = Observation(key=str(len(futures)), channel="http", time=0.0, name="a.txt", content=content)
            futures.append(pool.submit(seen))
            time.sleep(0.002)

    with pool:
        looking = threading.Thread(target=look)
        looking.start()
        for version in range(2, changes + 2):
            write(pack, rules, version=version, nocase=nocase)
            _change(pool, editions, pack, result)
            time.sleep(1)
        stopping.set()
        looking.join()
        for future in futures:
            result.answers[future.result().analysis.versions.generation] += 1
        result.tasks = len(futures)
    return result


def _change(pool: WorkerPool, editions: Editions, pack: Path, result: Reloads) -> None:
    child.start_ahead()
    time.sleep(LOOK_S)  # the monitor sees whether the pack stays as it is
    started = time.monotonic()
    edition = editions.keep([pack])
    copied = time.monotonic()
    candidate = pool.prepare(Choice(places=edition.places, generation=edition.generation))
    loaded = time.monotonic()
    pool.adopt(candidate)
    result.copied_s.append(copied - started)
    result.loaded_s.append(loaded - copied)
    result.adopted_s.append(time.monotonic() - loaded)


def lines(result: Reloads, rules: int, nocase: float) -> list[str]:
    """The table."""
    whole = [sum(each) for each in zip(result.copied_s, result.loaded_s, result.adopted_s, strict=True)]
    rows = (("copied", result.copied_s), ("loaded in a child", result.loaded_s), ("adopted", result.adopted_s))
    return [
        f"{rules} rules, {nocase:.0%} nocase, changed {len(whole)} times under a pool at work; wall s, median and most",
        *(f"{name:<28} {_median(times):>6.2f} {max(times):>6.2f}" for name, times in (*rows, ("in force", whole))),
        f"{'tasks, lost':<28} {result.tasks:>6} {result.tasks - result.answers.total():>6}",
        f"{'answered by generation':<28} {dict(sorted(result.answers.items()))}",
        "",
    ]


def _median(times: list[float]) -> float:
    return sorted(times)[len(times) // 2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", type=int, default=2000)
    parser.add_argument("--changes", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    lost = 0
    for nocase in (0.0, 0.1, 1.0):
        with tempfile.TemporaryDirectory(prefix="earwitness-reload-") as place:
            result = play(Path(place), rules=asked.rules, changes=asked.changes, workers=asked.workers, nocase=nocase)
        print("\n".join(lines(result, asked.rules, nocase)), flush=True)
        lost += result.tasks - result.answers.total()
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(f"{'processor time, all':<28} {sum(each.ru_utime + each.ru_stime for each in used):>6.1f}")
    return int(lost > 0)


if __name__ == "__main__":
    raise SystemExit(main())
