"""Parts of several clips of one package in one text, none of which would be enough alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forensics.fingerprints.text.acceptance import PART_COVERAGE, TOGETHER_BITS, cost_of_part
from forensics.fingerprints.text.alignment import Alignment

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Parts:
    """Of which package and which clip each passage is, by number, and how many clips each package holds."""

    package: Numbers
    clip: Numbers
    clips: Floats

    @classmethod
    def of(cls, packages: Sequence[str], clips: Sequence[str]) -> Parts:
        """Number the packages and clips of passages, given in their order."""
        package = _numbered(packages)
        clip = _numbered(clips)
        pairs = np.unique(np.stack([package, clip], axis=1), axis=0) if len(package) else np.zeros((0, 2), np.int64)
        return cls(package, clip, np.bincount(pairs[:, 0]).astype(np.float64))

    def may(self, item: Numbers, coverage: Floats, told_bits: Floats, text: int) -> Flags:
        """Which of these passages could be parts that suffice together, by upper bounds of what is there of each.

        `text` is its length in elements.
        """
        found = np.zeros(len(item), np.bool_)
        rows = np.flatnonzero(coverage >= PART_COVERAGE)
        worth = told_bits[rows] - cost_of_part(self.clips[self.package[item[rows]]], text)
        rows, worth = rows[worth > 0], worth[worth > 0]
        if len(rows) < 2:
            return found
        package, clip, told = self.package[item[rows]], self.clip[item[rows]], worth
        order = np.lexsort((-told, clip, package))
        package, clip, told = package[order], clip[order], told[order]
        is_best = np.append(True, (package[1:] != package[:-1]) | (clip[1:] != clip[:-1]))
        numbers, first, count = np.unique(package[is_best], return_index=True, return_counts=True)
        total = np.add.reduceat(told[is_best], first)
        enough = numbers[(count > 1) & (total >= TOGETHER_BITS)]
        found[rows] = np.isin(self.package[item[rows]], enough)
        return found

    def suffice(self, numbers: Sequence[int], places: Sequence[Alignment], text: int) -> list[int]:
        """Which of these passages are accepted together: numbers of passages, and where each was found."""
        best: dict[int, dict[int, tuple[int, Alignment]]] = {}
        for number, place in zip(numbers, places, strict=True):
            if place.coverage < PART_COVERAGE:
                continue
            of_package = best.setdefault(int(self.package[number]), {})
            known = of_package.get(int(self.clip[number]))
            if known is None or place.told_bits > known[1].told_bits:
                of_package[int(self.clip[number])] = number, place
        accepted: list[int] = []
        for package, of_package in best.items():
            cost = float(cost_of_part(self.clips[package : package + 1], text)[0])
            kept = _apart([(number, place) for number, place in of_package.values() if place.told_bits > cost])
            if len(kept) > 1 and sum(place.told_bits - cost for _, place in kept) >= TOGETHER_BITS:
                accepted += [number for number, _ in kept]
        return accepted


def _apart(found: list[tuple[int, Alignment]]) -> list[tuple[int, Alignment]]:
    """Those that stand at places of their own, the strongest first."""
    kept: list[tuple[int, Alignment]] = []
    for number, place in sorted(found, key=lambda one: -one[1].told_bits):
        if all(place.last < other.first or other.last < place.first for _, other in kept):
            kept.append((number, place))
    return kept


def _numbered(names: Sequence[str]) -> Numbers:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int64)
