"""Proof of a run by the fine encoder: with pitch and tempo undone exactly, is it this recording or another take?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio import features
from forensics.fingerprints.audio.align import Line, best_line, evidence
from forensics.fingerprints.audio.codes import STEP, Codes
from forensics.fingerprints.audio.network import CONTEXT_FRAMES, STRIDE, Network, Values, pack, signs
from forensics.fingerprints.audio.runs import Run

MARGIN_FRAMES = 2 * features.REACH + CONTEXT_FRAMES
SLOPES = 1 + np.arange(-0.016, 0.0165, 0.002)
STEADINESS = 2.0
"""A slope one per cent off must earn two per cent more evidence."""
SHORT_FRAMES = 250.0
"""Runs up to this long are heard twice, half an output apart: every code counts."""
OFFSETS = np.arange(-2.0, 2.5, 0.5)
PROMISING = 0.35
"""Fine evidence, as a share of the rough, from which it is worth hearing a run again more exactly."""
BEYOND_FRAMES = 200
"""How far beyond a run its clip is compared: what does not fit there speaks against it."""
STRAY = 5
"""Outputs to either side of its line in which a code is looked for: 0.1 s."""
TOGETHER = 9
"""Codes that stray together: 0.7 s, a word."""
PITCH_STEPS = 2.0 ** (np.arange(-8, 9) / 72)
"""Changes of pitch tried beside that of the tempo: up to a semitone and a third, a sixth of one apart."""
PITCH_CODES = 10
"""Codes of a run that are enough to find its pitch: 0.8 s."""
PITCH_MARGIN_FRAMES = 44
"""Frames heard beside them: fewer than a code depends on, which is exact enough for pitch."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The fine line of a run; frames, tempo and pitch as in Run.

    Arrays have one entry for each fine code that lies in the recording, of the run or beside it; the run is from
    `first` to `last`. `weights` is how sure the encoder is of all bits of an output, `agreements` the part of it that
    agrees with the code. `straightness` is the run's evidence over what it would have were its codes free to stray from
    the line: an edit keeps to it, another take is never timed alike.
    """

    run: Run
    frame: float
    clip_frame: float
    frames: float
    tempo: float
    pitch: float
    total: float
    first: int
    last: int
    evidence: Values
    weights: Values
    agreements: Values
    straightness: float
    heard: NDArray[np.uint64]
    issued: NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class _Laid:
    """What is compared: fine codes of the clip, and the frames of the recording that lie under them."""

    positions: NDArray[np.int64]
    codes: NDArray[np.uint64]
    clip_frames: NDArray[np.int64]
    at: NDArray[np.floating]
    powers: Values

    def hear(self, pitch: float, *, later: float = 0.0) -> tuple[Values, Values]:
        """Soft bits and evidence by output and code, with that pitch undone; `later` shifts the outputs by frames."""
        bands, usable = features.normalise(features.band_powers(self.powers, pitch=pitch, at=self.at + later))
        network = Network.load("fine")
        soft, is_usable = network.outputs(bands), usable[::STRIDE]
        return soft, evidence(soft, network.surprise(soft, is_usable), is_usable, signs(self.codes))

    def line(self, grid: Values) -> Line:
        """The best line near the one that was laid."""
        middle = float(self.clip_frames[len(self.clip_frames) // 2])
        places = (self.positions * STEP - middle) / STRIDE
        return best_line(grid, places, (middle - self.clip_frames[0]) / STRIDE + OFFSETS, SLOPES, steadiness=STEADINESS)


def prove(powers: Values, codes: Codes, run: Run, pitch: float) -> Proof | None:
    """Hear the recording in the clip's own time along a run and compare the fine codes; None when there are none."""
    laid = _lay(powers, codes, run, BEYOND_FRAMES)
    if laid is None:
        return None
    later, (soft, grid) = 0.0, laid.hear(pitch)
    line = laid.line(grid)
    if run.frames <= SHORT_FRAMES and line.total >= PROMISING * run.total:
        other = laid.hear(pitch, later=1.0)
        if (shifted := laid.line(other[1])).total > line.total:
            later, (soft, grid), line = 1.0, other, shifted
    if line.last <= line.first:
        return None
    there = soft[np.maximum(line.outputs, 0)]
    inside = line.outputs >= 0
    begin, end = int(laid.positions[line.first]), int(laid.positions[line.last - 1])
    at = run.frame + (laid.clip_frames[0] + int(line.outputs[line.first]) * STRIDE - run.clip_frame) / run.tempo + later
    return Proof(
        run=run,
        frame=float(at),
        clip_frame=float(begin * STEP),
        frames=float((end - begin + 1) * STEP),
        tempo=run.tempo / line.slope,
        pitch=pitch,
        total=line.total,
        first=line.first,
        last=line.last,
        evidence=line.evidence,
        weights=np.abs(there).sum(axis=1) * inside,
        agreements=(there * signs(laid.codes)).sum(axis=1) * inside,
        straightness=_straightness(grid, line),
        heard=pack(there),
        issued=laid.codes,
    )


def find_pitch(powers: Values, codes: Codes, run: Run, near: float) -> float:
    """The pitch near one under which the middle of a run agrees best with its fine codes."""
    laid = _lay(powers, codes, run, 0)
    if laid is None:
        return near
    middle = len(laid.positions) // 2
    part = slice(max(0, middle - PITCH_CODES // 2), middle + PITCH_CODES // 2 + 1)
    first, last = laid.positions[part][[0, -1]] * STEP + (-PITCH_MARGIN_FRAMES, PITCH_MARGIN_FRAMES)
    kept = (laid.clip_frames >= first) & (laid.clip_frames <= last)
    short = _Laid(laid.positions[part], laid.codes[part], laid.clip_frames[kept], laid.at[kept], laid.powers)
    pitches = (near * PITCH_STEPS).tolist()
    totals = {number: short.line(short.hear(pitches[number])[1]).total for number in range(1, len(pitches), 3)}
    best = max(totals, key=lambda number: totals[number])
    for number in (best - 1, best + 1):
        if 0 <= number < len(pitches):
            totals[number] = short.line(short.hear(pitches[number])[1]).total
    return float(pitches[max(totals, key=lambda number: totals[number])])


def _straightness(grid: Values, line: Line) -> float:
    """What lies on the line as a share of what lies near it, where neighbouring codes stray together; 1 when short."""
    codes = np.arange(line.first, line.last)
    codes = codes[line.outputs[codes] >= 0]
    if len(codes) <= TOGETHER:
        return 1.0
    near = line.outputs[codes][:, None] + np.arange(-STRAY, STRAY + 1)
    found = grid[np.clip(near, 0, len(grid) - 1), codes[:, None]]
    half = TOGETHER // 2
    sums = np.cumsum(np.pad(found, ((half + 1, half), (0, 0))), axis=0)
    best = (sums[TOGETHER:] - sums[:-TOGETHER]).argmax(axis=1)
    free = float(np.take_along_axis(found, best[:, None], axis=1).sum())
    return min(1.0, float(found[:, STRAY].sum()) / free) if free > 0 else 1.0


def _lay(powers: Values, codes: Codes, run: Run, beyond: int) -> _Laid | None:
    positions = np.flatnonzero(codes.is_usable[1::2]) * 2 + 1
    frames = positions * STEP
    there = run.recording_frame(0) + frames / run.tempo
    near = (frames >= run.clip_frame - beyond) & (frames <= run.clip_frame + run.frames + beyond)
    positions = positions[near & (there >= 0) & (there < len(powers))]
    if not len(positions):
        return None
    first = (int(positions[0]) * STEP - MARGIN_FRAMES) // STRIDE * STRIDE
    clip_frames = np.arange(first, int(positions[-1]) * STEP + MARGIN_FRAMES)
    at = run.frame + (clip_frames - run.clip_frame) / run.tempo
    # only whole outputs are left out before the recording begins, so that outputs stay on the codes' frames
    begin = -(-int(np.count_nonzero(at < 0)) // STRIDE) * STRIDE
    clip_frames, at = clip_frames[begin:], at[begin:]
    kept = at < len(powers)
    clip_frames, at = clip_frames[kept], at[kept]
    if len(at) < STRIDE:
        return None
    lowest = int(at[0])
    return _Laid(positions, codes.values[positions], clip_frames, at - lowest, powers[lowest : int(at[-1]) + 2])
