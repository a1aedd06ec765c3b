"""Loudness as pixels: steps between the colours of a paint, smooth between the rows and columns that were measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from textual.color import Color

from tui.sections.pictures import LOUDEST, Paint, Picture

STEPS = 32
"""Colours of a picture."""
Raster = NDArray[np.uint8]
"""Rows of pixels, each a step from 0, silent."""


def raster(picture: Picture, width: int, height: int) -> Raster:
    """The picture over that many pixels."""
    levels = np.array(picture.levels, np.float32)
    smooth = _spread(_spread(levels, height).T, width).T
    steps: Raster = np.clip(np.rint(smooth * ((STEPS - 1) / LOUDEST)), 0, STEPS - 1).astype(np.uint8)
    return steps


def colours(paint: Paint) -> Sequence[tuple[int, int, int]]:
    """Red, green and blue of every step."""
    silent, loud = Color.parse(paint.colours[0]), Color.parse(paint.colours[-1])
    return [silent.blend(loud, step / (STEPS - 1)).rgb for step in range(STEPS)]


def _spread(values: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """The rows over `count` rows: between the middles of two, a mixture of both."""
    at = np.clip((np.arange(count, dtype=np.float32) + 0.5) * (len(values) / count) - 0.5, 0, len(values) - 1)
    low = at.astype(np.intp)
    share = (at - low)[:, None]
    mixed: NDArray[np.float32] = values[low] * (1 - share) + values[np.minimum(low + 1, len(values) - 1)] * share
    return mixed
