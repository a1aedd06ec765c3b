"""A picture as a grid of cells: in which direction it grows lighter, from cell to cell.

Block means (Yang, Gu, Niu, "Block mean value based image perceptual hashing", IIH-MSP 2006) of any window are read from
a summed-area table (Crow, SIGGRAPH 1984); their differences keep the sign alone, as in the gradient hash "dHash"
(Krawetz 2013), with a dead zone in which there is none (Tan and Triggs, "local ternary patterns", 2010), so that even
ground says nothing instead of what its noise says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Window = tuple[float, float, float, float]
"""Left, top, right and bottom, as shares of the picture: (0, 0, 1, 1) is all of it, -0.1 lies outside of it."""
WHOLE: Window = (0.0, 0.0, 1.0, 1.0)
MOST_PIXELS_A_SIDE = 768
"""Larger pictures are averaged down to this first; a cell of the finest grid has 12 such pixels a side."""
DEAD_SHARE, DEAD_LEVELS = 0.15, 1.5
"""Differences within this share of the mean difference, or within so many of 255 grey levels, have no sign."""
_KNOWN_SHARE = 0.6
"""Of the width or height of a cell that must lie inside the picture."""
_BORDER_LEVELS, _BORDER_SHARE = 10, 0.004
"""A row belongs to a border when fewer of its pixels than this share differ from it by more than these levels."""
_BORDER_SHARES = (0.001, _BORDER_SHARE, 0.02)
_THINNEST = 0.02
_MOST_BORDERS = 3
_LEAST_INSIDE = 48


@dataclass(frozen=True, slots=True, eq=False)
class Signs:
    """Of a grid of n x n cells: -1, 0 or 1 rightwards and downwards, int8 of (2, n, n), and where they are known."""

    values: NDArray[np.int8]
    known: NDArray[np.bool_]


class Picture:
    """One picture, averaged down, ready to be read through any window. `grey` is rows of pixels, 0 to 255."""

    def __init__(self, grey: Grey | NDArray[np.float64], corner: tuple[int, int] = (0, 0)) -> None:
        self._pixels = _averaged(grey)
        self.place = (*corner, *self._pixels.shape)
        self._sums = np.zeros((self._pixels.shape[0] + 1, self._pixels.shape[1] + 1))
        np.cumsum(np.cumsum(self._pixels, 0), 1, out=self._sums[1:, 1:])

    def signs(self, window: Window, count: int) -> Signs:
        """The signs of count x count cells of a window; what lies outside of the picture is not known."""
        means, is_inside = self._means(window, count)
        steps = np.zeros((2, count, count))
        known = np.zeros((2, count, count), np.bool_)
        steps[0, :, :-1], steps[1, :-1] = np.diff(means, axis=1), np.diff(means, axis=0)
        known[0, :, :-1] = is_inside[:, 1:] & is_inside[:, :-1]
        known[1, :-1] = is_inside[1:] & is_inside[:-1]
        sizes = np.abs(steps) * known
        telling = sizes[sizes > DEAD_LEVELS]
        least = max(DEAD_LEVELS, DEAD_SHARE * float(telling.mean())) if telling.size else DEAD_LEVELS
        return Signs(np.where(sizes > least, np.sign(steps), 0).astype(np.int8), known)

    def bordered(self) -> list[Picture]:
        """The picture, and what lies within what may be borders: how faint a line is that still ends one is tried."""
        found = {self.place: self}
        for share in _BORDER_SHARES:
            found |= {each.place: each for each in self._within(share, 0.0)}
        return list(found.values())

    def within_borders(self) -> Picture:
        """What lies within the borders of one colour.

        Borders that are nowhere broader than a fiftieth of the picture are lines that belong to it.
        """
        return [self, *self._within(_BORDER_SHARE, _THINNEST)][-1]

    def _within(self, share: float, thinnest: float) -> Iterator[Picture]:
        inner = self
        for _ in range(_MOST_BORDERS):
            pixels = inner._pixels
            edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
            differs = np.abs(pixels - np.median(edge)) > _BORDER_LEVELS
            rows, columns = np.flatnonzero(differs.mean(1) > share), np.flatnonzero(differs.mean(0) > share)
            if not rows.size or not columns.size or min(np.ptp(rows), np.ptp(columns)) < _LEAST_INSIDE:
                return
            top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
            down, across = pixels.shape
            if max(top / down, left / across, 1 - bottom / down, 1 - right / across) <= thinnest:
                return
            inner = Picture(pixels[top:bottom, left:right], (inner.place[0] + left, inner.place[1] + top))
            yield inner

    def _means(self, window: Window, count: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        left, top, right, bottom = window
        rows, columns = self._pixels.shape
        across = np.linspace(left, right, count + 1) * columns
        down = np.linspace(top, bottom, count + 1) * rows
        x, y = np.clip(across, 0, columns), np.clip(down, 0, rows)
        column = np.minimum(x.astype(np.intp), columns - 1)
        row = np.minimum(y.astype(np.intp), rows - 1)
        above, below = self._sums[row], self._sums[row + 1]
        upper, lower = above[:, column], below[:, column]
        upper += (above[:, column + 1] - upper) * (x - column)
        lower += (below[:, column + 1] - lower) * (x - column)
        corners = upper + (lower - upper) * (y - row)[:, None]
        sums = np.diff(np.diff(corners, axis=0), axis=1)
        widths, heights = np.diff(x), np.diff(y)
        is_wide = widths >= _KNOWN_SHARE * (across[1] - across[0])
        is_high = heights >= _KNOWN_SHARE * (down[1] - down[0])
        return sums / np.maximum(np.outer(heights, widths), 1e-9), np.outer(is_high, is_wide)


def _averaged(grey: Grey | NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = grey.shape
    down, across = (max(1, -(-side // MOST_PIXELS_A_SIDE)) for side in (rows, columns))
    if down == across == 1:
        return grey.astype(np.float64)
    whole = grey[: rows // down * down, : columns // across * across]
    blocks = whole.reshape(rows // down, down, columns // across, across)
    averaged: NDArray[np.float64] = blocks.sum((1, 3), dtype=np.float64) / (down * across)
    return averaged
