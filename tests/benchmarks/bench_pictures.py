"""Registered pictures after what people do to pictures, and pictures that are none of them.

`python -m tests.benchmarks.bench_pictures [--pictures N] [--layouts N] [--corpus FOLDER ...]`

All pictures stand in one register. Recall is of each change; false matches are counted over pairs of pictures that have
nothing in common, and over the hard case, screens of one layout with other words in them. Figures are processor time.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from forensics.content import Content
from forensics.fingerprints.image import search
from forensics.fingerprints.image.prints import PRINT_BYTES, image_print
from forensics.fingerprints.image.search import DISTANCE, ImageIndex
from forensics.formats.pixels import read_grey
from forensics.odds import wilson
from tests.benchmarks.picture_corpus import Screens, plot, real
from tests.fingerprints.image.drawing import Grey, cropped, encoded, framed, levelled, photograph, resized

CORPUS = (Path("/usr/share"), Path(sys.base_prefix))
TEXTS = 3
"""Screens of each layout that are registered, and as many others that are looked for."""
UNRELATED = "pictures that were drawn apart"
REAL = "real pictures of this machine, icons of one family and copies among them"
SAME = "screens of one layout with other words"
PAIRS = (UNRELATED, REAL, SAME)
Change = Callable[[Grey], Grey]


def _scaled(share: float) -> Change:
    return lambda grey: resized(grey, max(2, int(grey.shape[1] * share)), max(2, int(grey.shape[0] * share)))


def _saved(form: str, quality: int) -> Change:
    return lambda grey: read_grey(Content.of(encoded(grey, form, quality)), f"image/{form}")


CHANGES: Mapping[str, Change] = {
    "half as large": _scaled(0.5),
    "a quarter as large": _scaled(0.25),
    "1.7 times as large": _scaled(1.7),
    "JPEG, about quality 40": _saved("jpeg", 18),
    "WebP, quality 50": _saved("webp", 50),
    "brightness -30": lambda grey: levelled(grey, 1, -30),
    "contrast 0.7": lambda grey: levelled(grey, 0.7, 0),
    "contrast 1.2, clipped": lambda grey: levelled(grey, 1.2, 0),
    "negative": lambda grey: np.asarray(255 - grey, np.uint8),
    "black border of 10 %": lambda grey: framed(grey, 0.1, 0),
    "white border of 6 %": lambda grey: framed(grey, 0.06, 255),
    "cropped by 2 % of each side": lambda grey: cropped(grey, 0.02),
    "cropped by 5 % of each side": lambda grey: cropped(grey, 0.05),
    "cropped by 8 % of each side": lambda grey: cropped(grey, 0.08),
    "cropped by 10 % below": lambda grey: cropped(grey, 0.1, "b"),
    "cropped by 4 %, 700 x 500, JPEG": lambda grey: _saved("jpeg", 18)(resized(cropped(grey, 0.04), 700, 500)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=25, help="of each kind")
    parser.add_argument("--layouts", type=int, default=60)
    parser.add_argument("--corpus", type=Path, action="append", help="folders of real pictures")
    asked = parser.parse_args()
    screens = Screens()
    kinds = ("clouds", "plots", "screens", "real")
    pictures = {f"clouds-{n}": photograph(n) for n in range(asked.pictures)}
    pictures |= {f"plots-{n}": plot(n) for n in range(asked.pictures)}
    pictures |= {f"screens-{n}": screens.draw(screens.layout(n), n) for n in range(asked.pictures)}
    found = real(asked.corpus or CORPUS, 3 * asked.pictures)
    pictures |= {f"real-{n} {name}": grey for n, (name, grey) in enumerate(found)}
    prints = {name: print_.pack() for name, grey in pictures.items() if (print_ := image_print(grey))}
    counts = (f"{_count(prints, kind)} of {_count(pictures, kind)} {kind}" for kind in kinds)
    print(
        f"pictures with a print of {PRINT_BYTES} bytes: {', '.join(counts)}; the same up to a distance of {DISTANCE}\n"
    )
    recall(ImageIndex(prints.items()), {name: pictures[name] for name in prints}, kinds, asked.pictures)
    unrelated(pictures, prints, screens, asked.layouts)
    costs(prints, pictures)


def _count(names: Iterable[str], kind: str) -> int:
    return sum(name.startswith(kind) for name in names)


def recall(index: ImageIndex, pictures: Mapping[str, Grey], kinds: Sequence[str], most: int) -> None:
    """Print for each change how many of each kind are found, as themselves and first."""
    print(f"| change | {' | '.join(kinds)} | all |\n|---|{'---|' * (len(kinds) + 1)}")
    chosen = [[name for name in pictures if name.startswith(kind)][:most] for kind in kinds]
    for change, changed in CHANGES.items():
        found = [sum(_is_found(index, name, changed(pictures[name]), pictures) for name in names) for names in chosen]
        counts = [f"{got} of {len(names)}" for got, names in zip(found, chosen, strict=True)]
        share = 100 * sum(found) / sum(map(len, chosen))
        print(f"| {change} | {' | '.join(counts)} | {share:.1f} % |", flush=True)


def _is_found(index: ImageIndex, name: str, grey: Grey, pictures: Mapping[str, Grey]) -> bool:
    """Say whether a picture is found as itself: no other stands before it, unless it is as near."""
    hits = [hit for hit in index.search(grey) if hit.distance <= DISTANCE]
    return any(hit.item == name and hit.distance <= hits[0].distance for hit in hits)


def unrelated(pictures: Mapping[str, Grey], prints: Mapping[str, bytes], screens: Screens, layouts: int) -> None:
    """Print false matches among unrelated pairs, and among screens of one layout, with 95 % bounds."""
    drawn = {f"layout-{n}/{t}": screens.draw(screens.layout(n), 1000 * n + t) for n in range(1000, 1000 + layouts)
             for t in range(2 * TEXTS)}  # fmt: skip
    known = {name: grey for name, grey in drawn.items() if int(name[-1]) < TEXTS}
    register = dict(prints) | {name: p.pack() for name, grey in known.items() if (p := image_print(grey))}
    search.WIDEST = 100
    index = ImageIndex(register.items())
    asked = {name: grey for name, grey in {**pictures, **drawn}.items() if name not in known}
    near: dict[str, list[tuple[float, str, str]]] = {kind: [] for kind in PAIRS}
    pairs: Counter[str] = Counter()
    used = time.process_time()
    for name, grey in asked.items():
        others = {each: _pair(name, each) for each in register if each != name}
        pairs.update(others.values())
        for hit in index.search(grey):
            if hit.item != name:
                near[others[hit.item]].append((hit.distance, name, hit.item))
    used = time.process_time() - used
    search.WIDEST = 40
    for kind in pairs:
        _told(kind, sorted(near[kind]), pairs[kind])
    print(f"{1000 * used / len(asked):.0f} CPU ms a search in a register of {len(register)} with many of one layout\n")


def _pair(one: str, other: str) -> str:
    """What two pictures have to do with each other."""
    if one.startswith("real") and other.startswith("real"):
        return REAL
    return SAME if "/" in one and one.split("/", maxsplit=1)[0] == other.split("/", maxsplit=1)[0] else UNRELATED


def _told(what: str, near: Sequence[tuple[float, str, str]], pairs: int) -> None:
    wrong = [each for each in near if each[0] <= DISTANCE]
    bound = wilson(len(wrong), pairs)[1] if wrong else 3 / pairs
    tail = ", ".join(f"{sum(each[0] <= d for each in near)} within {d}" for d in (12, 15, 20, 30, 40, 50, 60))
    print(f"\n{what}: {len(wrong)} of {pairs:,} pairs match, with 95 % at most {100 * bound:.4f} %; {tail}")
    for distance, one, other in wrong[:20]:
        print(f"  {one} as {other}, distance {distance:.0f}")
    rest = [each for each in near if each[0] > DISTANCE]
    if rest:
        print(f"  the nearest that do not match: {', '.join(f'{each[0]:.0f}' for each in rest[:8])}")
    if len(rest) > 9:
        points = ((rest[number][0], pairs / (number + 1)) for number in (0, 9, len(rest) - 1))
        print(
            f"  one of {', '.join(f'10^{math.log10(each):.1f} is within {distance:.0f}' for distance, each in points)}"
        )


def costs(prints: Mapping[str, bytes], pictures: Mapping[str, Grey], sizes: Sequence[int] = (1_000, 10_000)) -> None:
    """Print what a print and a search cost, and how much memory a large register takes."""
    chosen = list(pictures.values())[:: max(1, len(pictures) // 40)]
    before = time.process_time()
    for grey in chosen:
        image_print(grey)
    print(f"a print: {1000 * (time.process_time() - before) / len(chosen):.1f} CPU ms")
    data = list(prints.values())
    strange = [photograph(seed) for seed in range(900, 910)]
    for count in sizes:
        tracemalloc.start()
        index = ImageIndex(_turned(data, count))
        memory = tracemalloc.get_traced_memory()[0] / 2**20
        tracemalloc.stop()
        before = time.process_time()
        for grey in strange:
            index.search(grey)
        spent = 1000 * (time.process_time() - before) / len(strange)
        print(f"a strange picture in a register of {count:,}: {spent:.0f} CPU ms; its index {memory:.0f} MiB")


def _turned(prints: Sequence[bytes], count: int) -> Iterator[tuple[str, bytes]]:
    """As many prints as asked for: those of other pictures, their marks shifted so that no two are the same."""
    for number in range(count):
        data, by = prints[number % len(prints)], number // len(prints)
        yield (
            f"{number}",
            data[:5] + b"".join(plane[by % len(plane) :] + plane[: by % len(plane)] for plane in _planes(data)),
        )


def _planes(data: bytes) -> Iterator[bytes]:
    at = 5
    for count in (16, 32, 64):
        for _ in range(2):
            yield data[at : at + count * count // 4]
            at += count * count // 4


if __name__ == "__main__":
    main()
