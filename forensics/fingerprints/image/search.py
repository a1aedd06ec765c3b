"""Finds the registered picture a picture was made from: laid over it from coarse to fine, then compared tile by tile.

The borders of a window are moved, by less each time, while the signs agree better (hierarchical alignment: Bergen,
Anandan, Hanna, Hingorani, ECCV 1992). Pictures of one layout agree in what is the same in all of them; what is told
here is in how much of the picture they do, so that another text in the same window is another picture.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.image.grid import Grey, Picture, Signs, Window
from forensics.fingerprints.image.prints import GRIDS, LEAST_MARKS, LEAST_SIDE, LEAST_TILES, Grid, Print, by_tile

DISTANCE = 12
"""Percent of the tiles that may be otherwise in the same picture."""
WIDEST = 40
"""Percent beyond which a distance says nothing: pictures of one layout come as near."""
ALIKE = 0.7
"""Correlation of the signs from which on two tiles agree."""
LAID_OVER = 6
"""Pictures of the register that one picture is laid over, the most alike in the coarse grid first."""
_LEAST_COARSE, _LEAST_LAID = 0.2, 0.45
_LEAST_KNOWN = 0.6
"""Of the marks of a print that lie inside the picture when it is laid over it: more than that is not cropped."""
_LOST = (*itertools.product((0.0, 0.06), repeat=4), (0.1,) * 4)
_STARTS: tuple[Window, ...] = tuple((-left, -top, 1 + right, 1 + bottom) for left, top, right, bottom in _LOST)
"""Windows to begin with: the picture as it is, and as if it had lost some of its sides."""
_STEPS = ((0, (0.04, 0.02)), (1, (0.02, 0.01)), (2, (0.006, 0.003, 0.0015)))
"""The grid, and by which share of the window its borders are moved."""
_ROUNDS = 3
_DECADES, _DECADES_A_PERCENT = 6.7, 0.055
_BLOCK = 4096
"""Prints that are compared at once."""
_BOTH = tuple(pair for pair in itertools.product((-1, 0, 1), repeat=2) if any(pair))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageMatch:
    """One picture that another may be made from: `tiles` of them were compared, `differing` are otherwise."""

    item: str
    tiles: int
    differing: int

    @property
    def distance(self) -> float:
        """Percent of the tiles that are otherwise."""
        return 100 * self.differing / self.tiles


class ImageIndex:
    """Packed prints of pictures, by the id of what they are prints of. Raises Malformed for what is no print."""

    def __init__(self, prints: Iterable[tuple[str, bytes]]) -> None:
        self._prints = list(prints)
        coarse = [Print.unpack(data).grids[0].ravel() for _, data in self._prints]
        self._coarse = np.array(coarse, np.int8).reshape(len(coarse), 2 * GRIDS[0] ** 2)
        self._lengths = np.sqrt(np.maximum(np.count_nonzero(self._coarse, axis=1), 1))

    def __len__(self) -> int:
        return len(self._prints)

    def search(self, grey: Grey) -> list[ImageMatch]:
        """The pictures it may be made from, the nearest first, as far as `WIDEST`; none for one too small."""
        if not self._prints or min(grey.shape) < LEAST_SIDE:
            return []
        starts = [(picture, window) for picture in Picture(grey).bordered() for window in _STARTS]
        alike = self._alike([picture.signs(window, GRIDS[0]).values for picture, window in starts])
        best = np.abs(alike).argmax(1)
        reached = np.abs(alike).max(1)
        found = []
        for number in np.argsort(-reached, kind="stable")[:LAID_OVER]:
            if reached[number] < _LEAST_COARSE:
                break
            identity, data = self._prints[number]
            turn = 1 if alike[number, best[number]] > 0 else -1
            picture, window = starts[best[number]]
            match = _compared(identity, Print.unpack(data), picture, window, turn)
            if match is not None and match.distance <= WIDEST:
                found.append(match)
        return sorted(found, key=lambda match: match.distance)

    def _alike(self, seen: Sequence[Grid]) -> NDArray[np.float32]:
        """The correlation of every print with each coarse grid, (prints, grids)."""
        flat = np.array([grid.ravel() for grid in seen], np.float32)
        flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1)
        alike = np.empty((len(self._prints), len(seen)), np.float32)
        for at in range(0, len(alike), _BLOCK):
            alike[at : at + _BLOCK] = self._coarse[at : at + _BLOCK].astype(np.float32) @ flat.T
        alike /= self._lengths[:, None]
        return alike


def _compared(item: str, print_: Print, picture: Picture, start: Window, turn: int) -> ImageMatch | None:
    """What tells the pictures apart when one is laid over the other; `turn` is -1 for a negative."""
    window = start
    for level, steps in _STEPS:
        grid = print_.grids[level] * np.int8(turn)
        alike = _alike(picture.signs(window, GRIDS[level]), grid)
        for step in steps:
            alike, window = _moved(picture, grid, window, step, alike)
        if alike < _LEAST_LAID:
            return None
    signs, grid = picture.signs(window, GRIDS[-1]), print_.grids[-1] * np.int8(turn)
    return _counted(item, signs, grid * signs.known)


def _moved(picture: Picture, grid: Grid, window: Window, step: float, alike: float) -> tuple[float, Window]:
    """Move opposite borders by a step for as long as it helps, at most a few times."""
    for _ in range(_ROUNDS):
        before = alike
        for one, other in ((0, 2), (1, 3)):
            size = (window[other] - window[one]) * step
            tried = []
            for first, second in _BOTH:
                sides = list(window)
                sides[one] += first * size
                sides[other] += second * size
                tried.append((sides[0], sides[1], sides[2], sides[3]))
            scores = [_alike(picture.signs(each, grid.shape[1]), grid) for each in tried]
            best = int(np.argmax(scores))
            if scores[best] > alike:
                alike, window = scores[best], tried[best]
        if alike <= before:
            break
    return alike, window


def _alike(signs: Signs, grid: Grid) -> float:
    """The correlation of the signs where they are known, -1 to 1; 0 where too few are."""
    marks = grid * signs.known
    there, all_marks = np.count_nonzero(marks), np.count_nonzero(grid)
    seen = np.count_nonzero(signs.values)
    if not there or not seen or there < _LEAST_KNOWN * all_marks:
        return 0.0
    return float((signs.values * marks).sum(dtype=np.int64) / np.sqrt(there * seen))


def _counted(item: str, signs: Signs, marks: Grid) -> ImageMatch | None:
    values = signs.values
    both, ours, theirs = by_tile(values * marks), by_tile(np.abs(values)), by_tile(np.abs(marks))
    is_marked = np.maximum(ours, theirs) >= LEAST_MARKS
    tiles = int(np.count_nonzero(is_marked))
    if tiles < LEAST_TILES:
        return None
    alike = both[is_marked] / np.sqrt(np.maximum(ours * theirs, 1)[is_marked])
    return ImageMatch(item=item, tiles=tiles, differing=int(np.count_nonzero(alike < ALIKE)))


def chance(match: ImageMatch, known: int) -> float:
    """How often an unrelated picture comes as near to one of so many known ones; other screens of a layout do oftener.

    The nearest of 101,385 pairs of the bench (one within 42, ten within 50) lie below the line that is followed here to
    smaller distances: an extrapolation.
    """
    return min(1.0, known * 10 ** (_DECADES_A_PERCENT * match.distance - _DECADES))
