"""Parts of several clips of one package are enough together where none is alone; parts of different ones are not."""

from __future__ import annotations

import random
from functools import cache

import numpy as np
import pytest

from forensics.fingerprints.text.acceptance import MOST_CLIPS, PAGE, WEAK_BELOW_BITS, cost_of_part
from forensics.fingerprints.text.alignment import Alignment
from forensics.fingerprints.text.index import TextIndex, TextItem
from forensics.fingerprints.text.parts import Parts
from forensics.fingerprints.text.shingles import Shingler
from tests.benchmarks.text_corpus import dialogues

KEY = bytes(range(32))
PACKAGES = 3000
CORPUS = dialogues("es", 1, registered=2 * PACKAGES, negatives=400)


@cache
def index() -> TextIndex:
    shingler = Shingler(KEY)
    return TextIndex(
        KEY,
        [
            TextItem(
                id=f"P{n // 2}:{n % 2}",
                group=f"P{n // 2}:{n % 2}",
                package=f"P{n // 2}",
                print=shingler.print(text, weak_below_bits=WEAK_BELOW_BITS),
            )
            for n, text in enumerate(CORPUS.registered)
        ],
    )


def edited(rng: random.Random, text: str, share: float) -> str:
    words, others = text.split(), rng.choice(CORPUS.negatives).split()
    for at in rng.sample(range(len(words)), max(1, round(len(words) * share))):
        words[at] = rng.choice(others)
    return " ".join(words)


def found(*texts: str) -> set[str]:
    return {hit.item for hit in index().search("\n".join(texts)) if hit.accepted}


def test_two_edited_clips_of_one_package_are_found_where_neither_is_alone() -> None:
    rng = random.Random(3)
    alone = together = 0
    for package in rng.sample(range(PACKAGES), 60):
        one, other = (edited(rng, text, 0.15) for text in CORPUS.registered[2 * package : 2 * package + 2])
        hits = found("They gave me this to translate.", one, other)
        assert hits <= {f"P{package}:0", f"P{package}:1"}
        together += bool(hits)
        alone += bool(found(one) | found(other))
    assert together > alone + 8, (alone, together)


def test_parts_of_two_packages_are_no_more_than_each_is_alone() -> None:
    rng = random.Random(4)
    for _ in range(60):
        one, other = (edited(rng, CORPUS.registered[2 * package], 0.15) for package in rng.sample(range(PACKAGES), 2))
        assert found(one, other) == found(one) | found(other)


def test_other_words_of_the_same_kind_are_found_in_no_letter() -> None:
    rng = random.Random(5)
    for size in (2, 4, 12) * 25:
        assert found(*rng.sample(CORPUS.negatives, size)) == set()


def place(first: int, bits: float, coverage: float = 0.8) -> Alignment:
    return Alignment(first=first, last=first + 9, coverage=coverage, bits=bits, told_bits=bits, run_bits=bits)


@pytest.mark.parametrize(
    ("clips", "places", "accepted"),
    [
        (("a", "b"), (place(0, 25), place(20, 25)), [0, 1]),
        (("a", "a"), (place(0, 25), place(20, 25)), []),
        (("a", "b"), (place(0, 25), place(5, 25)), []),
        (("a", "b"), (place(0, 25), place(20, 25, coverage=0.5)), []),
        (("a", "b"), (place(0, 20), place(20, 20)), []),
        (("a", "b", "c"), (place(0, 20), place(20, 20), place(40, 20)), [0, 1, 2]),
    ],
)
def test_what_suffices(clips: tuple[str, ...], places: tuple[Alignment, ...], accepted: list[int]) -> None:
    parts = Parts.of(["P"] * len(clips), clips)
    items = np.arange(len(clips))
    assert sorted(parts.suffice(list(items), places, PAGE)) == accepted
    coverage, told = (np.array([getattr(each, name) for each in places]) for name in ("coverage", "told_bits"))
    may = parts.may(items, coverage, told, PAGE)
    assert set(np.flatnonzero(may)) >= set(accepted), "the bound leaves out what would be accepted"


def test_more_is_asked_of_more_clips_and_of_longer_texts() -> None:
    clips = np.array([1.0, 2.0, 8.0, MOST_CLIPS, MOST_CLIPS + 1])
    assert list(cost_of_part(clips, 10)) == [0.0, 0.0, 4.0, 6.0, np.inf]
    assert list(cost_of_part(clips, 8 * PAGE)) == [3.0, 3.0, 7.0, 9.0, np.inf]
