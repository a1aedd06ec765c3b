"""Sixel graphics (DEC STD 070, chapter 9): six rows of pixels to a band, one pass over it for each colour it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tui.pixels.raster import Raster

BEGIN, END = "\x1bP0;1q", "\x1b\\"
"""Pixels that are not set stay as they are."""
BAND = 6
LEAST_RUN = 4
_FIRST = 63


def encoded(pixels: Raster, palette: Sequence[tuple[int, int, int]]) -> str:
    """The picture as one device control string."""
    height, width = pixels.shape
    used = np.unique(pixels)
    registers = "".join(_register(int(step), palette[step]) for step in used)
    bands = (_band(pixels[top : top + BAND]) for top in range(0, height, BAND))
    return f'{BEGIN}"1;1;{width};{height}{registers}{"-".join(bands)}{END}'


def _register(step: int, colour: tuple[int, int, int]) -> str:
    red, green, blue = (round(part * 100 / 255) for part in colour)
    return f"#{step};2;{red};{green};{blue}"


def _band(rows: Raster) -> str:
    bits = (1 << np.arange(len(rows), dtype=np.uint8))[:, None]
    passes = []
    for step in np.unique(rows):
        columns = ((rows == step) * bits).sum(axis=0, dtype=np.uint8) + np.uint8(_FIRST)
        passes.append(f"#{step}{''.join(_runs(columns))}")
    return "$".join(passes)


def _runs(columns: NDArray[np.uint8]) -> Iterator[str]:
    """Equal columns one after another as a count; the blank end is left out."""
    starts = np.concatenate(([0], np.flatnonzero(np.diff(columns)) + 1))
    counts = np.diff(np.append(starts, len(columns))).tolist()
    runs = list(zip(columns[starts].tolist(), counts, strict=True))
    for value, count in runs[:-1] if runs[-1][0] == _FIRST else runs:
        yield f"!{count}{chr(value)}" if count >= LEAST_RUN else chr(value) * count
