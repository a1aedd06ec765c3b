"""Registered passages through documents and pictures, and at the size of a large register.

`python -m tests.benchmarks.bench_text_ways [--seed N] [--passages N] [--screens N] [--scale N]`

Passages of two to five sentences, of 120 characters and more, of Vim's handbook are registered; others of the same
handbook are the negatives: one domain, one style, the same authors. Whatever the way, a passage stands among others
that are not registered.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from forensics.fingerprints.text.acceptance import WEAK_BELOW_BITS
from forensics.fingerprints.text.index import TextIndex, TextItem
from forensics.fingerprints.text.shingles import Shingler
from forensics.memory import give_back
from tests.benchmarks.bench_text import CHANGES
from tests.benchmarks.text_corpus import handbook, prose
from tests.benchmarks.text_wraps import WRAPS
from tests.decoders.opening import opened
from tests.decoders.screens import MONO, SANS, SERIF, screen

KEY = bytes(range(32))
LONG, RUN = 120, 8
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
LOOKS: dict[str, list[dict[str, object]]] = {
    "14 px and more": [
        {"size": 16, "font": SANS},
        {"size": 14, "font": SANS, "colours": ("0xd0d0d0", "0x1e1e1e")},
        {"size": 15, "font": SERIF, "ending": "jpg", "quality": 8},
        {"size": 14, "font": MONO, "colours": ("0x33ff66", "black")},
    ],
    "11 px, JPEG": [
        {"size": 11, "font": SANS, "ending": "jpg", "quality": 10},
        {"size": 11, "font": SERIF, "ending": "jpg", "quality": 10},
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--passages", type=int, default=300)
    parser.add_argument("--screens", type=int, default=60, help="pictures of each look")
    parser.add_argument("--scale", type=int, default=100_000, help="passages of the large register")
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    texts = [text for text in prose(asked.seed) if len(text) >= LONG]
    registered, others = texts[: asked.passages], texts[asked.passages :]
    index = indexed(registered)
    print(f"{len(registered)} passages of {LONG} characters and more registered, {len(others)} others of the same book")
    report(index, registered, others, rng)
    pictures(index, registered, others, rng, asked.screens)
    wrong = [text for text in others if named(index, text)]
    print(f"false positives: {len(wrong)} of {len(others)} = {100 * len(wrong) / len(others):.2f} %")
    known = {run for text in registered for run in _runs(text)}
    strange = [text for text in others if known.isdisjoint(_runs(text))]
    wrong = [text for text in wrong if known.isdisjoint(_runs(text))]
    share = 100 * len(wrong) / len(strange)
    print(
        f"without {len(others) - len(strange)} that share {RUN} words in a row with a registered one, for the authors"
    )
    print(f"repeat themselves: {len(wrong)} of {len(strange)} = {share:.2f} %")
    scale(asked.scale, rng)


def indexed(texts: list[str]) -> TextIndex:
    shingler = Shingler(KEY)
    return TextIndex(KEY, (_item(shingler, number, text) for number, text in enumerate(texts)))


def _item(shingler: Shingler, number: int, text: str) -> TextItem:
    print_ = shingler.print(text, weak_below_bits=WEAK_BELOW_BITS)
    return TextItem(id=f"{number}", group=f"{number}", package="handbook", print=print_)


def named(index: TextIndex, text: str) -> set[str]:
    """The passages that are found in a text."""
    return {hit.item for hit in index.search(text) if hit.accepted}


def report(index: TextIndex, registered: list[str], others: list[str], rng: random.Random) -> None:
    """Print recall for edits, for one sentence, and through documents."""
    print("| way | found | of | % |\n|---|---|---|---|")
    ways: dict[str, Callable[[str], str]] = {
        name: lambda text, change=change: change(text, rng, others)  # type: ignore[misc]
        for name, change in CHANGES.items()
    }
    for name, change in ways.items():
        _line(name, (str(n) in named(index, change(text)) for n, text in enumerate(registered)))
    alone = [(n, one) for n, text in enumerate(registered) for one in _sentences(text, rng)]
    _line("one sentence of two or more, alone", (str(n) in named(index, one) for n, one in alone))
    _line("one sentence in 2 kB", (str(n) in named(index, _among(one, others, rng)) for n, one in alone))
    for name, wrap in WRAPS.items():
        found = (str(n) in named(index, _read(wrap(_among(t, others, rng)), name)) for n, t in enumerate(registered))
        _line(f"in a {name}, among others", found)


def _sentences(text: str, rng: random.Random) -> Iterator[str]:
    """One sentence of a passage that has several, of six words or more."""
    several = [each for each in _SENTENCE.split(text) if len(each.split()) >= 6]
    if len(several) > 1:
        yield rng.choice(several)


def _runs(text: str) -> set[str]:
    """Every eight words in a row, in lower case, without their punctuation."""
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}


def _among(text: str, others: list[str], rng: random.Random) -> str:
    around = rng.sample(others, 8)
    return "\n".join((*around[:4], text, *around[4:]))


def _read(data: bytes, ending: str) -> str:
    return "\n".join(view.content.bytes().decode() for view in opened(data, f"file.{ending}").views if view.role)


def pictures(index: TextIndex, registered: list[str], others: list[str], rng: random.Random, count: int) -> None:
    """Print recall through screenshots, four others around each passage."""
    for name, looks in LOOKS.items():
        used, started = 0.0, 0
        found: list[bool] = []
        for number in rng.sample(range(len(registered)), min(count, len(registered))):
            text = "\n".join((*rng.sample(others, 2), registered[number], *rng.sample(others, 2)))
            for look in looks:
                drawn = screen(text, **look)  # type: ignore[arg-type]
                before = time.process_time()
                read = _read(drawn, str(look.get("ending", "png")))
                used, started = used + time.process_time() - before, started + 1
                found.append(str(number) in named(index, read))
        _line(f"in a screenshot, {name}", found)
        print(f"  {used / max(1, started):.2f} CPU s a screenshot")


def scale(count: int, rng: random.Random) -> None:
    """Print what a large register costs: memory of its index (what was packed is let go), and speed of a search."""
    words = sorted({word for text in handbook(limit=20_000) for word in text.split() if word.isalpha()})
    shingler = Shingler(KEY)
    empty = _rss_mib()
    items = [_item(shingler, number, " ".join(rng.choices(words, k=35))) for number in range(count)]
    packed = sum(len(item.print.packed) for item in items) >> 20
    started = time.process_time()
    index = TextIndex(KEY, items)
    made = time.process_time() - started
    del items
    give_back()
    grown = _rss_mib() - empty
    text = "\n".join(handbook(limit=6000))[:2_000_000]
    started = time.process_time()
    index.search(text)
    rate = len(text.encode()) / 1e6 / (time.process_time() - started)
    print(f"{count} passages of 35 words: {packed} MiB in the register; index made in {made:.1f} CPU s, {grown} MiB")
    print(f"search over them: {rate:.2f} MB per CPU s")


def _rss_mib() -> int:
    """What this process has in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() >> 20


def _line(name: str, found: Iterator[bool] | list[bool]) -> None:
    hits = list(found)
    print(f"| {name} | {sum(hits)} | {len(hits)} | {100 * sum(hits) / max(1, len(hits)):.1f} |", flush=True)


if __name__ == "__main__":
    main()
