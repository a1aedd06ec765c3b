"""Recall and false positives of the text fingerprint: `python tests/benchmarks/bench_text.py [--seed N]`.

Prints, per kind of change and length of passage, how many registered passages are found and how many passages that
were never registered are taken for one. Everything is searched against one index that holds all corpora.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from forensics.fingerprints.text.acceptance import WEAK_BELOW_BITS
from forensics.fingerprints.text.index import TextIndex, TextItem
from forensics.fingerprints.text.shingles import Shingler
from tests.benchmarks.text_corpus import LANGUAGES, Corpus, dialogues, handbook, manuals

Change = Callable[[str, random.Random, list[str]], str]
LENGTHS = ((0, 60, "under 60 characters"), (60, 120, "60-120"), (120, 10**9, "from 120"))


def same(text: str, rng: random.Random, filler: list[str]) -> str:
    return text


def restyled(text: str, rng: random.Random, filler: list[str]) -> str:
    """Upper case, no punctuation, wrapped at 40 columns."""
    words = "".join(c if c.isalnum() or c.isspace() or ord(c) > 0x900 else " " for c in text).upper().split()
    return "\n".join(" ".join(words[i : i + 5]) for i in range(0, len(words), 5))


def hidden(text: str, rng: random.Random, filler: list[str]) -> str:
    """Zero-width spaces inside words, Cyrillic look-alikes, soft hyphens."""
    swapped = text.translate(str.maketrans("aeopc", "аеорс"))
    return (
        "\u200b".join(swapped[i : i + 3] for i in range(0, len(swapped), 3))
        .replace("\u200b ", " ")
        .replace("n", "n\u00ad")
    )


def edited(share: float) -> Change:
    """Replace, drop or insert that share of the words (characters where there are no spaces)."""

    def change(text: str, rng: random.Random, filler: list[str]) -> str:
        is_spaced = " " in text.strip() and len(text.split()) > len(text) / 14
        units = text.split() if is_spaced else list(text)
        others = [w for t in filler[:50] for w in (t.split() if is_spaced else t)]
        for place in sorted(rng.sample(range(len(units)), max(1, round(share * len(units)))), reverse=True):
            match rng.randrange(3):
                case 0:
                    units[place] = rng.choice(others)
                case 1:
                    del units[place]
                case _:
                    units.insert(place, rng.choice(others))
        return (" " if is_spaced else "").join(units)

    return change


def half(text: str, rng: random.Random, filler: list[str]) -> str:
    """The first or the second half."""
    middle = text.find(" ", len(text) // 2)
    middle = middle if middle > 0 else len(text) // 2
    return rng.choice((text[:middle], text[middle:]))


def inside(inner: Change) -> Change:
    """In the middle of about 2 kB of other passages of the same corpus."""

    def change(text: str, rng: random.Random, filler: list[str]) -> str:
        around = rng.sample(filler, min(len(filler), max(2, 2000 // max(1, len(filler[0])))))
        cut = len(around) // 2
        return "\n".join((*around[:cut], inner(text, rng, filler), *around[cut:]))

    return change


def noisy(share: float) -> Change:
    """Characters misread at that rate, as by OCR."""

    def change(text: str, rng: random.Random, filler: list[str]) -> str:
        return "".join(rng.choice("eaoilnrt") if c.isalpha() and rng.random() < share else c for c in text)

    return change


CHANGES: dict[str, Change] = {
    "exact": same,
    "case, punctuation, wrapping": restyled,
    "hidden characters, look-alikes": hidden,
    "10 % edits": edited(0.1),
    "20 % edits": edited(0.2),
    "30 % edits": edited(0.3),
    "half": half,
    "inside 2 kB": inside(same),
    "inside 2 kB, 10 % edits": inside(edited(0.1)),
    "misread 2 %": noisy(0.02),
    "misread 8 %": noisy(0.08),
}


CLIPS = 8
"""Of a package."""


def build(corpora: list[Corpus]) -> tuple[TextIndex, dict[str, TextItem]]:
    """One index over everything registered; each passage is a clip of its own."""
    shingler = Shingler(bytes(range(32)))
    items = {
        text: TextItem(
            id=f"{corpus.name}#{number}:source-1",
            group=f"{corpus.name}#{number}",
            package=f"{corpus.name}-{number // CLIPS}",
            print=shingler.print(text, weak_below_bits=WEAK_BELOW_BITS),
        )
        for corpus in corpora
        for number, text in enumerate(corpus.registered)
    }
    return TextIndex(bytes(range(32)), items.values()), items


def recall(index: TextIndex, items: dict[str, TextItem], corpora: list[Corpus], seed: int) -> None:
    """Print the share of strong passages named, per change and length, and how often the right one is on top."""
    print(f"{'recall %':<34}" + "".join(f"{label:>22}" for *_, label in LENGTHS))
    for name, change in CHANGES.items():
        rng = random.Random(f"{name}-{seed}")
        found: Counter[str] = Counter()
        for corpus in corpora:
            for text in rng.sample(
                corpus.registered, min(40 if corpus.name.startswith("dialogues") else 12, len(corpus.registered))
            ):
                label = next(label for low, high, label in LENGTHS if low <= _width(text) < high)
                if items[text].print.is_weak:
                    continue
                changed = change(text, rng, corpus.negatives or corpus.registered)
                hits = [hit for hit in index.search(changed) if hit.accepted]
                found[f"{label} all"] += 1
                found[label] += any(hit.item == items[text].id for hit in hits)
        cells = [
            f"{100 * found[label] / max(1, found[f'{label} all']):.1f} of {found[f'{label} all']}"
            for *_, label in LENGTHS
        ]
        print(f"{name:<34}" + "".join(f"{cell:>22}" for cell in cells))


def false_positives(index: TextIndex, corpora: list[Corpus], *, is_verbose: bool) -> None:
    """Print how many passages never registered are taken for one, and how many calls of ten passages."""
    talk = [corpus.negatives for corpus in corpora if corpus.name.startswith("dialogues")]
    calls = ["\n".join(texts[i : i + 10]) for texts in talk for i in range(0, len(texts), 10)]
    groups = {
        "dialogues": [text for texts in talk for text in texts],
        "dialogues, calls of ten passages": calls,
        "messages": [text for corpus in corpora if corpus.name.startswith("manual") for text in corpus.negatives],
        "handbook": handbook(limit=6000),
    }
    for kind, passages in groups.items():
        wrong = 0
        for text in passages:
            hits = [hit for hit in index.search(text) if hit.accepted]
            wrong += bool(hits)
            if hits and is_verbose:
                print("   ", kind, hits[0].item, hits[0].score, hits[0].coverage, hits[0].bits, repr(hits[0].excerpt))
        print(f"false positives, {kind}: {wrong} of {len(passages)} = {100 * wrong / max(1, len(passages)):.2f} %")


def speed(index: TextIndex, corpora: list[Corpus]) -> None:
    """Print how fast text is searched that matches nothing: prose, and dialogues that nearly match everywhere."""
    talk = [text for corpus in corpora if corpus.name.startswith("dialogues") for text in corpus.negatives]
    for name, passages in (("handbook", handbook(limit=6000)), ("dialogues", talk)):
        text = "\n".join(passages)[:1_000_000]
        start = time.process_time()
        index.search(text)
        rate = len(text.encode()) / 1e6 / (time.process_time() - start)
        print(f"search, {name}: {rate:.2f} MB per CPU s over {len(index)} passages")


def _width(text: str) -> int:
    """Characters, those of unspaced scripts counted as what they say."""
    return sum(4 if c > "\u3000" else 1 for c in text)


def main() -> None:
    """Run everything once."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print every false positive")
    options = parser.parse_args()
    corpora = [dialogues(each, options.seed, registered=150, negatives=700) for each in LANGUAGES] + manuals()
    index, items = build(corpora)
    weak = sum(item.print.is_weak for item in items.values())
    size = sum(len(item.print.packed) for item in items.values()) / len(items)
    print(f"{len(items)} passages registered, {weak} of them weak; {size:.0f} bytes each")
    recall(index, items, corpora, options.seed)
    false_positives(index, corpora, is_verbose=options.show)
    speed(index, corpora)


if __name__ == "__main__":
    main()
