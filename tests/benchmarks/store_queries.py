"""The questions the bench asks of a store, each over many values, and how long they take."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from forensics.database import Connection
from forensics.store import reader
from tests.benchmarks.store_rows import START, STEP_S, Rows

Draw = Callable[[random.Random], str]


@dataclass(frozen=True, slots=True)
class Timing:
    """Of one kind of question, milliseconds each: the first after the cache was dropped, then many warm ones."""

    cold_ms: float
    wall_ms: list[float]
    cpu_ms: list[float]
    found: int

    def line(self, name: str) -> str:
        """One line of the table: found per question, then CPU and wall at 50 and 95 of 100, then cold."""
        values = [_share(times, share) for times in (self.cpu_ms, self.wall_ms) for share in (0.5, 0.95)]
        mean = self.found / len(self.wall_ms)
        return f"| {name} | {mean:.0f} | " + " | ".join(f"{value:.1f}" for value in (*values, self.cold_ms)) + " |"


HEAD = (
    "| question, newest 50 | found | CPU p50 ms | p95 | wall p50 ms | p95 | first cold |\n|---|---|---|---|---|---|---|"
)


def questions(count: int) -> dict[str, Draw]:
    """Every kind of question and how its values are drawn, for a store of `count` rows."""
    rows = Rows()
    words, users, clips = rows.words.names, rows.users.names, rows.clips.names
    end = START + count * STEP_S

    def day(rng: random.Random, oldest: float, newest: float) -> float:
        """A moment that many days before the end, or that share of all time where the store is shorter."""
        return max(START, end - rng.uniform(newest, oldest) * 86_400)

    def stamp(moment: float) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))

    def window(rng: random.Random, oldest: float, newest: float) -> str:
        first = day(rng, oldest, newest)
        return f"after:{stamp(first)} before:{stamp(first + 86_400)}"

    far = (end - START) / 86_400
    return {
        "latest": lambda rng: "",
        "user": lambda rng: f"user:{rng.choice(users)}",
        "user, channel": lambda rng: f"user:{rng.choice(users)} channel:{rng.choice(rows.channels.names)}",
        "clip": lambda rng: f"clip:{rng.choice(clips)}",
        "word, common": lambda rng: words[rng.randrange(20)],
        "word, middling": lambda rng: words[rng.randrange(200, 2000)],
        "word, rare": lambda rng: words[rng.randrange(20_000, 30_000)],
        "two words": lambda rng: f"{words[rng.randrange(100)]} {words[rng.randrange(3000)]}",
        "field, word, recent day": lambda rng: (
            f"user:{rng.choice(users[:50])} {words[rng.randrange(500)]} {window(rng, 7, 1)}"
        ),
        "field, word, day far back": lambda rng: (
            f"user:{rng.choice(users[:50])} {words[rng.randrange(500)]} {window(rng, far * 0.9, far * 0.6)}"
        ),
        "field, word, since": lambda rng: (
            f"channel:http {words[rng.randrange(500)]} after:{stamp(day(rng, far * 0.9, 1))}"
        ),
        "day far back": lambda rng: window(rng, far * 0.9, far * 0.6),
        "phrase": lambda rng: f'"registered clip {rng.choice(clips[:2000])}"',
        "prefix": lambda rng: f"{words[rng.randrange(3000)][:4]}*",
        "prefix, two letters": lambda rng: f"{words[rng.randrange(3000)][:2]}*",
        "part, common": lambda rng: f"path:~{words[rng.randrange(20)][1:5]}~",
        "part, rare": lambda rng: f"path:~{words[rng.randrange(20_000, 30_000)][1:]}_{words[rng.randrange(20)][:2]}~",
        "part, none": lambda rng: f"path:~{_shuffled(words[rng.randrange(3000)] + 'media', rng)}~",
        "part, long": lambda rng: f"path:~home/{rng.choice(users)}/{words[rng.randrange(2000)]}/~",
        "part, two characters": lambda rng: f"path:~{rng.choice('qxzj_')}{rng.choice('abcdefgh_q')}~",
        "part, one character": lambda rng: f"path:~{rng.choice('qxz#')}~",
        "part, word": lambda rng: f"path:~{words[rng.randrange(300)][1:]}~ {words[rng.randrange(300)]}",
        "part, user, recent day": lambda rng: (
            f"path:~{words[rng.randrange(300)][1:]}~ user:{rng.choice(users[:50])} {window(rng, 7, 1)}"
        ),
        "sha256": lambda rng: f"sha256:{rng.getrandbits(40):010x}",
        "size": lambda rng: f"size:>{rng.randrange(1, 16)}M",
        "size, user": lambda rng: f"size:{rng.randrange(1, 900)}k..900k user:{rng.choice(users)}",
        "state": lambda rng: "state:new",
        "not": lambda rng: f"user:{rng.choice(users)} -channel:http -severity:high",
        "all but": lambda rng: f"-channel:{rng.choice(rows.channels.names)}",
        "field or state": lambda rng: f"user:{rng.choice(users)} OR state:closed",
        "field or part": lambda rng: f"user:{rng.choice(users)} OR path:~{words[rng.randrange(3000)]}~",
    }


def ask(connection: Connection, draw: Draw, *, times: int, drop: Callable[[], None]) -> Timing:
    """Ask one kind of question so many times, with the values of a fixed seed."""
    rng = random.Random(7)
    drop()
    cold_ms, _, _ = _timed(connection, draw(rng))
    answers = [_timed(connection, draw(rng)) for _ in range(times)]
    return Timing(
        cold_ms, [wall for wall, _, _ in answers], [cpu for _, cpu, _ in answers], sum(n for *_, n in answers)
    )


def _timed(connection: Connection, query: str) -> tuple[float, float, int]:
    wall, cpu = time.perf_counter(), time.process_time()
    found = len(reader.search(connection, query, limit=50))
    return (time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3, found


def _shuffled(text: str, rng: random.Random) -> str:
    return "".join(rng.sample(text, len(text)))


def _share(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def everything(count: int, names: list[str]) -> Iterator[tuple[str, Draw]]:
    """The questions asked for by name, or all of them."""
    for name, draw in questions(count).items():
        if not names or name in names:
            yield name, draw
