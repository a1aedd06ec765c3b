"""The print of a picture: the signs of three grids, 2,693 bytes; nothing in it can be read, but an outline be guessed.

A picture of one colour, or with marks in too few places, has no print: much else would look like it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.errors import Malformed
from forensics.fingerprints.image.grid import WHOLE, Grey, Picture

IMAGE_VERSION = "image-1"
GRIDS = (16, 32, 64)
"""Cells a side, from coarse to fine."""
TILES = 8
"""Tiles a side of the finest grid: what agrees and what does not is counted by tile."""
LEAST_MARKS = 10
"""Signs other than 0 that make a tile count."""
LEAST_TILES = 16
"""Tiles, of 64, with as many marks: fewer are too little to know a picture by."""
LEAST_SIDE = 64
"""Pixels a side below which a picture has no print: icons."""
_HEAD = b"EWPI\x01"
_SIZES = tuple(2 * count * count // 8 for count in GRIDS)
PRINT_BYTES = len(_HEAD) + 2 * sum(_SIZES)

Grid = NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Print:
    """The signs of a picture within its borders, int8 of (2, n, n) for each of `GRIDS`."""

    grids: tuple[Grid, ...]

    def pack(self) -> bytes:
        """The print as bytes."""
        bits = (np.packbits(grid == sign).tobytes() for grid in self.grids for sign in (1, -1))
        return _HEAD + b"".join(bits)

    @classmethod
    def unpack(cls, data: bytes) -> Print:
        """The print of some bytes. Raises Malformed for what is none of this version."""
        if not data.startswith(_HEAD) or len(data) != PRINT_BYTES:
            raise Malformed("no print of a picture of this version")
        grids, at = [], len(_HEAD)
        for count, size in zip(GRIDS, _SIZES, strict=True):
            planes = np.unpackbits(np.frombuffer(data, np.uint8, 2 * size, at)).reshape(2, 2, count, count)
            if np.any(planes[0] & planes[1]):
                raise Malformed("a print of a picture with marks that contradict themselves")
            grids.append(planes[0].astype(np.int8) - planes[1].astype(np.int8))
            at += 2 * size
        return cls(tuple(grids))

    @property
    def tiles(self) -> int:
        """How many of the 64 tiles have marks enough to count."""
        return int(np.count_nonzero(by_tile(np.abs(self.grids[-1])) >= LEAST_MARKS))


def image_print(grey: Grey) -> Print | None:
    """The print of a picture; None for one that is too small or too flat to be known again."""
    if min(grey.shape) < LEAST_SIDE:
        return None
    picture = Picture(grey).within_borders()
    found = Print(tuple(picture.signs(WHOLE, count).values for count in GRIDS))
    return found if found.tiles >= LEAST_TILES else None


def by_tile(grid: NDArray[np.generic]) -> NDArray[np.int64]:
    """The sums over the tiles of a finest grid, (8, 8)."""
    cells = GRIDS[-1] // TILES
    summed: NDArray[np.int64] = grid.reshape(2, TILES, cells, TILES, cells).sum((0, 2, 4), dtype=np.int64)
    return summed
