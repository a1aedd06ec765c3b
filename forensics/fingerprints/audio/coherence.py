"""Whether the waveform of a clip itself is in a recording: what codes suggest, the coherent check proves.

Both sounds are narrowed to 300-1900 Hz (what every codec, telephone and room leaves in phase) and whitened, the
recording is brought to the clip's speed, and every 32 ms of the clip are correlated with the recording at all lags
near the expected one. One recording played at one speed has its lags on a straight line: the sums along every line
of offset and speed are formed by the tree of Taylor (1974, dedispersion of pulsars), which costs hardly more than a
single sum. The score is the highest sum in standard deviations, so that it means the same for every length, noise
and voice; it is lowered where the sum is no proof: beside it others are as high (hum, tones, music), or a few moments
carry it (single sounds that a speaking machine makes alike every time).

Blind by nature to editing that does not keep the waveform: tempo changed at the same pitch or pitch at the same tempo
(5 % or a semitone are enough), other speeds within one excerpt, voice conversion. A low score is no evidence against.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from numpy.typing import NDArray

from forensics.fingerprints.audio.features import RATE_HZ

Samples = NDArray[np.int16]
Floats = NDArray[np.float32]

NEAR_S: Final = 0.03
"""How far the true offset may lie from the given one at the middle of the span."""
SPEED_ERROR: Final = 0.01
"""How far the true speed may lie from the given one, as a share of it."""
LEAST_S: Final = 0.25
"""Shorter spans are not checked."""
LONGEST_BLOCKS: Final = 64
"""Of longer spans the loudest part of that length (2 s) is compared: twice of it costs twice and decides no more."""
STEP_HZ: Final = 4000
"""Rate at which lags are counted: twice the highest frequency that is compared, and a little."""
BLOCK: Final = 128
"""Samples (32 ms) that are correlated at once: short enough that one per cent of speed does not blur them."""
BAND_HZ: Final = (300.0, 1900.0)
WHITENING: Final = 0.8
"""Power of the long-term spectrum that is divided out; 1 whitens fully, which gives noise too much weight."""
FLATTENING: Final = 0.5
"""Power of each block's own spectrum that is divided out: partials of a steady vowel would correlate at many lags."""
LOUDNESS: Final = 0.5
"""Power of a block's loudness that is its weight."""
HEARD: Final = 8.0
"""Score from which the waveform is taken to be there."""
REST_WORTH: Final = 3.5
"""What the deviations that remain without the best quarter of the blocks count at most."""
MARGIN_WORTH: Final = 4.5
"""What the ratio of the highest sum to the highest beside it counts at most."""
PEAK_S: Final = 0.0025
"""Around the peak sums are not counted as beside it."""
_SMOOTHING_HZ: Final = 80.0
_DRAWN_BLOCKS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Coherence:
    """What the waveforms of a recording and a clip have in common.

    `score`: standard deviations of the best line above chance (see `HEARD`); a low one says nothing, because the
    check is blind to changed tempo or pitch. `offset_s`: recording second at which the clip's second `clip_s` lies.
    `speed`: the recording's over the clip's. `blocks`: correlation coefficient for each quarter of a second from
    `blocks_s` (clip seconds) on, for drawing. `is_inverted`: the polarity is reversed.
    """

    score: float
    offset_s: float
    speed: float
    is_inverted: bool = False
    blocks_s: float = 0.0
    blocks: tuple[float, ...] = field(default=(), repr=False)


def coherent(
    recording: Samples,
    reference: Samples,
    *,
    at_s: float,
    clip_s: float,
    duration_s: float,
    speed: float,
    near_s: float = NEAR_S,
    speed_error: float = SPEED_ERROR,
) -> Coherence:
    """Compare waveforms along an approximate alignment: clip second `clip_s` lies at recording second `at_s`.

    Both are mono at 8,000 Hz. `duration_s` is measured in the clip. The true offset is looked for within `near_s`
    (up to half a second costs more, but works), the true speed within the share `speed_error`. The score is 0 where
    less than a quarter of a second is left to compare.
    """
    nothing = Coherence(score=0.0, offset_s=at_s, speed=speed)
    first, count = _compared(reference, clip_s, duration_s)
    if count < LEAST_S * STEP_HZ / BLOCK or not 0.25 <= speed <= 4 or not recording.size:
        return nothing
    start_s = at_s + (first / RATE_HZ - clip_s) / speed
    middle_clip_s = first / RATE_HZ + count * BLOCK / STEP_HZ / 2
    strayed_s = speed_error * abs(middle_clip_s - clip_s - duration_s / 2)
    near = int(np.ceil((near_s + strayed_s) * STEP_HZ))
    shears = int(np.ceil(speed_error * BLOCK))
    reach = near + shears * count // 2 + 1
    heard = _recording(recording, start_s, speed, count, reach)
    issued = _reference(reference, first, count)
    correlation, weight = _correlate(heard, issued, reach)
    if not weight.any():
        return nothing
    line = _best_line(correlation, near=near, shears=shears)
    score = _score(line, correlation, weight)
    middle_s = start_s + count * BLOCK / STEP_HZ / speed / 2
    true_speed = speed / (1 + line.slope / BLOCK)
    return Coherence(
        score=score,
        offset_s=middle_s + line.lag / STEP_HZ / speed - (middle_clip_s - clip_s) / true_speed,
        speed=true_speed,
        is_inverted=line.is_inverted,
        blocks_s=first / RATE_HZ,
        blocks=_drawn(heard, issued, line, reach),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """The best line: lag at the middle in steps, lag gained per block; the sums of all lines parallel to it."""

    lag: float
    slope: float
    parallels: Floats
    number: int

    @property
    def is_inverted(self) -> bool:
        """Say whether the waveforms are each other's negative."""
        return bool(self.parallels[self.number] < 0)

    def lags(self, count: int) -> NDArray[np.int64]:
        """The lag of each of `count` blocks, in whole steps."""
        lags: NDArray[np.int64] = np.rint(self.lag + (np.arange(count) - (count - 1) / 2) * self.slope).astype(np.int64)
        return lags


def _compared(reference: Samples, clip_s: float, duration_s: float) -> tuple[int, int]:
    """The part of the reference to compare: its first sample and its length in blocks."""
    size = BLOCK * RATE_HZ // STEP_HZ
    start = max(0, round(clip_s * RATE_HZ))
    end = min(len(reference), round((clip_s + duration_s) * RATE_HZ))
    count = max(0, end - start) // size
    if count <= LONGEST_BLOCKS:
        return start, count
    blocks = reference[start : start + count * size].reshape(count, size).astype(np.float32)
    loudness = np.sqrt(np.einsum("ij,ij->i", blocks, blocks)).cumsum()
    gained = loudness[LONGEST_BLOCKS - 1 :] - np.pad(loudness, (1, 0))[: count - LONGEST_BLOCKS + 1]
    return start + int(np.argmax(gained)) * size, LONGEST_BLOCKS


def _recording(samples: Samples, start_s: float, speed: float, count: int, reach: int) -> Floats:
    """The recording at the clip's speed and STEP_HZ, from `reach` steps before its start to as many behind its end."""
    total = count * BLOCK + 2 * reach
    first = int(np.floor((start_s - reach / STEP_HZ / speed) * RATE_HZ)) - 1
    white = _white(_cut(samples, first, int(total / STEP_HZ / speed * RATE_HZ) + 4), speed)
    step = np.float64(RATE_HZ) / (STEP_HZ * speed)
    places = start_s * RATE_HZ - first + (np.arange(total) - reach) * step
    whole = places.astype(np.int64)
    part = (places - whole).astype(np.float32)
    low = white[whole]
    return low + part * (white[whole + 1] - low)


def _reference(samples: Samples, first: int, count: int) -> Floats:
    size = count * BLOCK * RATE_HZ // STEP_HZ
    return _white(_cut(samples, first, size), 1.0, divisor=RATE_HZ // STEP_HZ)[: count * BLOCK]


def _cut(samples: Samples, first: int, count: int) -> Floats:
    """Samples from `first` on; zeros where there are none."""
    piece = np.zeros(count, dtype=np.float32)
    start, end = min(max(first, 0), len(samples)), min(max(first + count, 0), len(samples))
    if end > start:
        piece[start - first : end - first] = samples[start:end]
    return piece


def _white(samples: Floats, speed: float, *, divisor: int = 1) -> Floats:
    """Narrow to the band (of the clip, moved by the speed) and divide the long-term spectrum out.

    Comes out at RATE_HZ over `divisor`, padded with zeros.
    """
    size = 2 * _fast_length(len(samples) // 2 + BLOCK)
    spectrum = np.fft.rfft(samples, size)
    low, high = (round(edge * speed * size / RATE_HZ) for edge in BAND_HZ)
    band = spectrum[low:high]
    power = band.real**2 + band.imag**2
    width = min(max(1, round(_SMOOTHING_HZ * size / RATE_HZ)), len(power))
    sums = np.cumsum(np.pad(power, (width // 2 + 1, width - width // 2 - 1), mode="edge"), dtype=np.float64)
    smooth = sums[width:] - sums[:-width]
    gain = np.zeros(len(spectrum), dtype=np.float32)
    if smooth.max(initial=0) > 0:
        gain[low:high] = (np.maximum(smooth, smooth.max() * 1e-5) / width) ** (-WHITENING / 2)
    spectrum *= gain
    return np.fft.irfft(spectrum[: size // divisor // 2 + 1], size // divisor).astype(np.float32, copy=False)


def _correlate(heard: Floats, issued: Floats, reach: int) -> tuple[Floats, Floats]:
    """Correlation of each block at lags -reach..reach, in standard deviations times the block's weight; the weights."""
    count = len(issued) // BLOCK
    blocks = issued.reshape(count, BLOCK)
    around = sliding_window_view(heard, BLOCK + 2 * reach)[::BLOCK]
    size = _fast_length(BLOCK + 2 * reach)
    cross = np.fft.rfft(around, size, axis=1)
    cross *= np.conj(np.fft.rfft(blocks, size, axis=1))
    magnitude = np.abs(cross)
    floor = magnitude.mean(axis=1, keepdims=True) * np.float32(1e-3) + np.float32(1e-12)
    cross *= np.maximum(magnitude, floor) ** np.float32(-FLATTENING)
    found = np.fft.irfft(cross, size, axis=1)[:, : 2 * reach + 1]
    spread = np.sqrt(np.einsum("ij,ij->i", found, found) / np.float32(found.shape[1]))
    loudness = np.einsum("ij,ij->i", blocks, blocks)
    weight = (loudness / max(float(loudness.max()), 1e-12)) ** np.float32(LOUDNESS / 2)
    weight[spread <= spread.max() * 1e-3] = 0
    scale = weight / np.maximum(spread, np.float32(1e-12))
    return (found * scale[:, None]).astype(np.float32, copy=False), weight


def _best_line(correlation: Floats, *, near: int, shears: int) -> _Line:
    """The line of lags with the highest sum."""
    count, lags = correlation.shape
    padded = 1 << max(1, (count - 1).bit_length())
    half, middle, centre = near + padded // 2 + 1, (lags - 1) // 2, (count - 1) / 2
    width = 2 * half + 1
    margin = padded // 2 + shears + 2
    wide = np.zeros((count, lags + 2 * margin), dtype=np.float32)
    wide[:, margin : margin + lags] = correlation
    row, item = wide.strides
    sheared = np.zeros((2 * shears, padded, width), dtype=np.float32)
    offsets = [round(-shear * centre) for shear in range(-shears, shears)]
    for number, offset in enumerate(offsets):
        begin = wide.ravel()[margin + middle - half + offset :]
        sheared[number, :count] = as_strided(begin, (count, width), (row + (number - shears) * item, item))
    sums = _tree(sheared)
    number, slope, lag = (int(each) for each in np.unravel_index(int(np.argmax(np.abs(sums))), sums.shape))
    gained = number - shears + slope / (padded - 1)
    return _Line(
        lag=lag - half + offsets[number] + gained * centre,
        slope=gained,
        parallels=sums[number, slope],
        number=lag,
    )


def _score(line: _Line, correlation: Floats, weight: Floats) -> float:
    """The line's sum in deviations: above chance, above its parallels, without its best moments; the least counts."""
    chance = float(np.sqrt(np.sum(weight**2)))
    sums = np.abs(line.parallels)
    away = round(PEAK_S * STEP_HZ)
    peak, sides = float(sums[line.number]), (sums[: max(0, line.number - away)], sums[line.number + away + 1 :])
    # a room's echoes follow the peak on one side, so the quieter one tells
    spread = min(float(np.sqrt(np.mean(side**2))) for side in sides if len(side) > len(sums) // 4)
    next_highest = max(float(side.max(initial=0)) for side in sides)
    count, lags = correlation.shape
    places = np.clip(line.lags(count) + (lags - 1) // 2, 0, lags - 1)
    heights = np.sort(correlation[np.arange(count), places] * np.sign(line.parallels[line.number]))
    rest = float(heights[: count - round(count / 4)].sum())
    tests = (peak / chance, peak / max(spread, 1e-12), REST_WORTH * rest / chance)
    return max(0.0, min(*tests, MARGIN_WORTH * peak / max(next_highest, 1e-12)))


def _tree(sheared: Floats) -> Floats:
    """Sums along lines: (shears, blocks, lags) to (shears, slopes, lags) in log2(blocks) passes.

    Slope s rises by s lags from the first block to the last; a line is named by its lag in the first.
    """
    sums = sheared[:, :, None, :]
    lags = sheared.shape[2]
    while sums.shape[1] > 1:
        slopes = sums.shape[2]
        early = sums[:, 0::2]
        late = np.zeros((*early.shape[:3], lags + slopes + 1), dtype=np.float32)
        late[..., :lags] = sums[:, 1::2]
        merged = np.empty((*early.shape[:2], slopes, 2, lags), dtype=np.float32)
        strides = (*late.strides[:2], late.strides[2] + late.strides[3], late.strides[3])
        for odd in (0, 1):
            shifted = as_strided(late[..., odd:], early.shape, strides)
            np.add(early, shifted, out=merged[:, :, :, odd])
        sums = merged.reshape(merged.shape[0], merged.shape[1], 2 * slopes, lags)
    return sums[:, 0]


def _drawn(heard: Floats, issued: Floats, line: _Line, reach: int) -> tuple[float, ...]:
    """Correlation coefficients along the line, a quarter of a second each."""
    count = len(issued) // BLOCK
    begin = np.clip(line.lags(count) + reach + np.arange(count) * BLOCK, 0, len(heard) - BLOCK)
    there = heard[begin[:, None] + np.arange(BLOCK)]
    here = issued.reshape(count, BLOCK)
    edges = np.arange(0, count, _DRAWN_BLOCKS)
    products = (np.einsum("ij,ij->i", one, other) for one, other in ((here, there), (here, here), (there, there)))
    cross, own, other = (np.add.reduceat(product, edges) for product in products)
    return tuple(np.round(cross / np.sqrt(np.maximum(own * other, 1e-12)), 3).tolist())


@cache
def _fast_length(least: int) -> int:
    """The smallest length of at least `least` whose transform is fast: powers of two times small odd factors."""
    return min(factor << max(0, (-(-least // factor) - 1).bit_length()) for factor in (1, 3, 5, 9, 15, 25, 27, 45))
