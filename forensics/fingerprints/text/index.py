"""Which registered passages a text holds: an inverted index of keyed shingles, weighed by how rare they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

import numpy as np
import numpy.typing as npt

from forensics.fingerprints.text.acceptance import can_be_accepted, is_accepted, is_combination
from forensics.fingerprints.text.alignment import Alignment, Hit, align
from forensics.fingerprints.text.normalise import spans
from forensics.fingerprints.text.pairs import Reach
from forensics.fingerprints.text.parts import Parts
from forensics.fingerprints.text.postings import Postings
from forensics.fingerprints.text.shingles import Scan, Shingler, TextPrint

MAX_MATCHES: Final = 1000
_EXCERPT_CHARACTERS: Final = 240
_MAX_ALIGNED: Final = 5000
_MAX_REISSUES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TextItem:
    """One registered passage. Passages of one `group` (a clip: what was said and its candidates) are alike by
    nature, so that only the best of them is named for one place in a text."""

    id: str
    group: str
    package: str
    print: TextPrint


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMatch:
    """One registered passage found in a text.

    `score` is the share of the passage's bits found, `coverage` the share of its elements, `bits` the rare ones in
    bits; `offset` and `length` count characters of the text; `excerpt` is that place, shortened.
    """

    item: str
    score: float
    accepted: bool
    offset: int
    length: int
    coverage: float
    bits: float
    excerpt: str


@dataclass(frozen=True, slots=True)
class _Found:
    item: TextItem
    place: Alignment
    score: float
    accepted: bool


class TextIndex:
    """The registered passages, as matchers search them. Read-only."""

    def __init__(self, key: bytes, items: Iterable[TextItem] = ()) -> None:
        self._shingler = Shingler(key)
        self._items = list(items)
        self._postings = Postings.of([item.print for item in self._items], self._groups(), self._shingler.stock)
        self._elements = np.array([max(1, item.print.elements) for item in self._items], np.int64)
        self._is_weak = np.array([item.print.is_weak for item in self._items], np.bool_)
        self._parts = Parts.of([item.package for item in self._items], [item.group for item in self._items])
        self._stubs = sorted({item.print.elements for item in self._items if _is_stub(item.print)})
        self._items = [replace(item, print=replace(item.print, packed=b"")) for item in self._items]

    def __len__(self) -> int:
        return len(self._items)

    def search(self, text: str, *, candidates: int = 0) -> list[TextMatch]:
        """The passages found, strongest first, then up to `candidates` more with `accepted` False."""
        if not self._items:
            return []
        scan = self._shingler.scan(text)
        hits = [(item, self._judged(item, hits, scan)) for item, hits in self._hits(scan, candidates)]
        found = self._combined([one for _, one in self._in_parts(hits, len(scan.bits))])
        accepted = _best_of_each_place([one for one in found if one.accepted])
        rejected = sorted((one for one in found if not one.accepted), key=_strength, reverse=True)
        listed = accepted[:MAX_MATCHES] + rejected[:candidates]
        places = list(spans(text)) if listed else []
        return [_match(one, scan, places, text) for one in listed]

    def _groups(self) -> npt.NDArray[np.uint32]:
        """What counts as one when rarity is counted: a clip, and the same words issued a few times under other ids."""
        copies = Counter(item.print.packed for item in self._items)
        numbers: dict[str | bytes, int] = {}
        keys = (
            item.print.packed if 1 < copies[item.print.packed] <= _MAX_REISSUES else item.group for item in self._items
        )
        return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.uint32)

    def _hits(self, scan: Scan, candidates: int) -> Iterable[tuple[int, list[Hit]]]:
        """The shingles found, by item, in the order of the text; items that cannot be accepted are left out."""
        pairs = self._postings.find(self._shingler.shingles(scan))
        for length in self._stubs:
            pairs = pairs.plus(self._postings.find(self._shingler.stubs(scan, length)))
        items = self._promising(pairs.reach(scan.bits), candidates, len(scan.bits))
        for item, rows in groupby(pairs.rows_of(items), key=lambda row: row[0]):
            yield item, [Hit(*row[1:]) for row in rows]

    def _promising(self, reach: Reach, candidates: int, length: int) -> npt.NDArray[np.int64]:
        """The items that may be accepted, strongest first up to a bound, and as many more as are asked for."""
        is_weak, elements = self._is_weak[reach.item], self._elements[reach.item]
        coverage = reach.covered / elements
        strong = can_be_accepted(coverage, reach.told_bits)
        strong |= self._parts.may(reach.item, np.where(is_weak, 0.0, coverage), reach.told_bits, length)
        may = np.where(is_weak, reach.covered >= elements, strong)
        order = np.argsort(-reach.told_bits, kind="stable")
        spare = order[~may[order]][: 4 * candidates]
        chosen: npt.NDArray[np.int64] = reach.item[np.concatenate([order[may[order]][:_MAX_ALIGNED], spare])]
        return chosen

    def _judged(self, number: int, hits: list[Hit], scan: Scan) -> _Found:
        item = self._items[number]
        place = align(hits, item.print.elements, scan.bits)  # type: ignore[arg-type]
        score = 1.0 if place.coverage == 1.0 else min(1.0, place.bits / max(1.0, item.print.bits))
        return _Found(item, place, score, not item.print.is_weak and is_accepted(place))

    def _in_parts(self, found: list[tuple[int, _Found]], length: int) -> list[tuple[int, _Found]]:
        """Accept parts of several clips of one package that tell enough together."""
        parts = [(number, one) for number, one in found if not one.item.print.is_weak]
        enough = set(self._parts.suffice([number for number, _ in parts], [one.place for _, one in parts], length))
        return [(number, replace(one, accepted=one.accepted or number in enough)) for number, one in found]

    def _combined(self, found: list[_Found]) -> list[_Found]:
        """Accept weak passages where several of one package stand whole in the same text."""
        weak: dict[str, dict[str, _Found]] = {}
        for one in found:
            if one.item.print.is_weak and one.place.coverage == 1.0:
                weak.setdefault(one.item.package, {}).setdefault(one.item.group, one)
        proven = {package for package, some in weak.items() if is_combination([x.place for x in some.values()])}
        return [
            _Found(one.item, one.place, one.score, True)
            if one.item.package in proven and one is weak[one.item.package].get(one.item.group)
            else one
            for one in found
        ]


def _is_stub(print_: TextPrint) -> bool:
    if not print_.is_weak:
        return False
    shapes = print_.shingles()
    return len(shapes.hashes) == 1 and int(shapes.shape[0]) == print_.elements


def _strength(one: _Found) -> tuple[float, float, str]:
    return (round(one.score, 3), one.place.told_bits, one.item.id)


def _best_of_each_place(found: list[_Found]) -> list[_Found]:
    """Drop what a better passage of the same group explains: candidates of one clip differ in a word or two."""
    kept: list[_Found] = []
    best: dict[str, list[_Found]] = {}
    for one in sorted(found, key=lambda one: (-round(one.score, 3), -one.place.told_bits, one.item.id)):
        rivals = best.setdefault(one.item.group, [])
        if any(_overlap(one.place, rival.place) and _strength(rival)[0] > _strength(one)[0] for rival in rivals):
            continue
        rivals.append(one)
        kept.append(one)
    return kept


def _overlap(one: Alignment, other: Alignment) -> bool:
    return one.first <= other.last and other.first <= one.last


def _match(one: _Found, scan: Scan, places: Sequence[tuple[int, int]], text: str) -> TextMatch:
    offset, end = places[scan.token[one.place.first]][0], places[scan.token[one.place.last]][1]
    passage = text[offset : min(end, offset + _EXCERPT_CHARACTERS)]
    return TextMatch(
        item=one.item.id,
        score=round(one.score, 4),
        accepted=one.accepted,
        offset=offset,
        length=end - offset,
        coverage=round(one.place.coverage, 4),
        bits=round(one.place.told_bits, 1),
        excerpt=passage if offset + len(passage) == end else passage + "…",
    )
