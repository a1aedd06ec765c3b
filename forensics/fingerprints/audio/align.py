"""Laying a clip along the recording: the line of offset and speed on which its codes are likeliest.

The likelihood of a code under an output, less what unrelated codes would have there, is evidence in nats: it is
positive where the clip is, negative elsewhere, and near nothing where the recording is too noisy to tell. The best
line is the one with the largest sum over any run of its codes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio.network import Values

WORST = np.float32(-3.0)
"""Evidence against, in nats, that one code may give: a moment may be cut, covered or damaged."""
PLATEAU = 0.995
"""Lines with this share of the highest sum are as good; the one in their middle is taken."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line through a grid of evidence, and its best run.

    `offset` and `slope`: code `c` (in outputs of the clip, from `centre`) falls on output `offset + slope * c`.
    `first` and `last` bound the run among the clip's codes; `evidence` is that of every code, in or out of the run.
    """

    offset: float
    slope: float
    first: int
    last: int
    total: float
    evidence: Values
    outputs: NDArray[np.int32]
    """The output each code falls on; -1 outside the grid."""

    @property
    def run(self) -> Values:
        """Evidence of the codes in the run."""
        return self.evidence[self.first : self.last]


def best_line(
    grid: Values,
    places: NDArray[np.floating],
    offsets: NDArray[np.floating],
    slopes: NDArray[np.floating],
    *,
    steadiness: float = 0.0,
) -> Line:
    """The best of all lines with those offsets and slopes; `steadiness` is how much a change of slope must earn.

    `grid` is evidence by output and code; `places` are the codes' places in outputs, counted from the point about
    which slopes turn. What falls outside the grid is no evidence.
    """
    slope, offset = np.repeat(slopes, len(offsets)), np.tile(offsets, len(slopes))
    framed = np.zeros((len(grid) + 2, len(places)), np.float32)
    framed[1:-1] = grid
    at = (offset + 1.5).astype(np.float32)[:, None] + slope.astype(np.float32)[:, None] * places.astype(np.float32)
    np.clip(at, 0, len(grid) + 1, out=at)
    cells = at.astype(np.int32)
    cells *= np.int32(len(places))
    cells += np.arange(len(places), dtype=np.int32)
    evidence = framed.ravel()[cells]
    heights = np.zeros((len(evidence), len(places) + 1), np.float32)
    np.cumsum(evidence, axis=1, out=heights[:, 1:])
    rise = heights - np.minimum.accumulate(heights, axis=1)
    tops = rise.max(axis=1) * (1 - steadiness * np.abs(slope - 1)).astype(np.float32)
    good = np.flatnonzero(tops >= tops.max() * PLATEAU)
    strayed = np.abs(offset[good] - offset[good].mean()) + np.abs(slope[good] - slope[good].mean()) * 40
    line = int(good[np.argmin(strayed)])
    last = int(np.argmax(rise[line]))
    first = int(np.flatnonzero(heights[line, : last + 1] == heights[line, : last + 1].min())[-1])
    outputs = at[line].astype(np.int32) - 1
    outputs[outputs == len(grid)] = -1
    total = float(tops[line])
    return Line(float(offset[line]), float(slope[line]), first, last, total, evidence[line], outputs)


def evidence(soft: Values, surprise: Values, is_usable: NDArray[np.bool_], clip_signs: Values) -> Values:
    """Evidence for each pair of an output and a code, in nats: shape (outputs, codes). Silent outputs give none."""
    grid: Values = soft @ clip_signs.T
    grid -= surprise[:, None]
    np.maximum(grid, WORST, out=grid)
    grid[~is_usable] = 0
    return grid
