"""A recording heard in blocks while it comes, however it is cut: each second is heard once, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio import features
from forensics.fingerprints.audio.features import HOP, HOP_S, WINDOW
from forensics.fingerprints.audio.hearing import NEAR, Hearing, Supposition, hear
from forensics.fingerprints.audio.network import STRIDE

BLOCK_S = 24.0
"""A recording is heard and searched this much at a time."""
OVERLAP_S = 4.0
"""What is searched again with the next block, so that a short stretch of a clip is not searched in halves."""
KEPT_S = 20.0
"""What is remembered from before a block: a clip up to this long that ends in the block is compared whole."""
MARGIN = 100
"""Frames to either side on which what is heard of a frame can depend: running means thrice, context once."""
AHEAD = 132
"""Frames that must follow a block before it is heard: MARGIN in the time of the fastest supposition."""


@dataclass(frozen=True, slots=True)
class Ear:
    """What is heard under one supposition; `shift` is where its first frame would stand, in frames of the block.

    Outputs from `fresh` on were not searched yet, or are searched again.
    """

    hearing: Hearing
    shift: float
    fresh: int


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of the recording and what went before it: frame 0 of `powers` is frame `first` of the recording.

    `end` is the recording's frame up to which it was heard; `searched_frames` is how much of it is to be searched.
    """

    first: int
    end: int
    searched_frames: int
    powers: features.Values
    ears: tuple[Ear, ...]


class Blocks:
    """Cuts samples, mono at 8,000 Hz, into blocks at the same places however they come.

    Both methods are generators that must be exhausted.
    """

    def __init__(self, block_s: float = BLOCK_S, supposed: Sequence[Supposition] = NEAR) -> None:
        self._block = round(block_s / HOP_S)
        self._pieces: list[NDArray[np.int16]] = []
        self._held = 0
        self._first, self._begin = 0, 0
        self._powers = features.spectrum(np.zeros(0, np.int16))
        self._ears = [_Ear(each) for each in supposed]

    def push(self, samples: NDArray[np.int16]) -> Iterator[Block]:
        """Take the next samples, any number of them; yield the blocks that can be heard now."""
        taken = 0
        while True:
            missing = self._needed() - self._held
            piece = samples[taken : taken + missing]
            self._pieces.append(np.array(piece, np.int16))
            self._held += len(piece)
            taken += len(piece)
            if len(piece) < missing:
                return
            self._take()
            yield self._heard(self._begin + self._block, is_last=False)

    def finish(self) -> Iterator[Block]:
        """Yield the last block, shorter or longer by a little; there is none when nothing was heard."""
        self._take()
        if len(self._powers):
            yield self._heard(self._first + len(self._powers), is_last=True)

    def _needed(self) -> int:
        """Samples from the end of the spectrum on that the next block needs."""
        frames = self._begin + self._block + AHEAD - (self._first + len(self._powers))
        return (frames - 1) * HOP + WINDOW

    def _take(self) -> None:
        """Turn the samples that came into spectrum; forget what no block needs any more."""
        samples = np.concatenate([np.zeros(0, np.int16), *self._pieces])
        new = features.spectrum(samples)
        rest = samples[len(new) * HOP :].copy()
        self._pieces, self._held = [rest], len(rest)
        oldest = max(self._first, self._begin - round(KEPT_S / HOP_S))
        self._powers = np.concatenate([self._powers[oldest - self._first :], new])
        self._first = oldest

    def _heard(self, end: int, *, is_last: bool) -> Block:
        searched = max(self._first, self._begin - round(OVERLAP_S / HOP_S))
        for ear in self._ears:
            ear.forget(self._first)
            ear.go_on(self._powers, self._first, end, is_last=is_last)
        ears = tuple(ear.since(self._first, searched) for ear in self._ears)
        self._begin = end
        return Block(self._first, end, end - searched, self._powers, ears)


class _Ear:
    """Outputs `first` and on, every STRIDE frames of the original's time."""

    def __init__(self, supposed: Supposition) -> None:
        self._supposed = supposed
        self._first = 0
        self._heard: Hearing | None = None

    def forget(self, frame: int) -> None:
        """Drop the outputs before that frame of the recording."""
        if self._heard is not None:
            first = max(self._first, self._output(frame))
            self._heard = self._heard.since(first - self._first)
            self._first = first

    def go_on(self, powers: features.Values, first: int, end: int, *, is_last: bool) -> None:
        """Hear up to frame `end` of the recording; `powers` begins at frame `first`, and ends with it if `is_last`."""
        tempo = self._supposed.tempo
        done = self._first + (0 if self._heard is None else len(self._heard.soft))
        count = features.stretched_count(end, tempo) if is_last else self._output(end) * STRIDE
        begin = max(0, done * STRIDE - MARGIN)
        frames = np.arange(begin, count if is_last else count + MARGIN)
        if tempo == 1:
            new = hear(powers[begin - first : int(frames[-1]) + 1 - first], self._supposed)
        else:
            at = features.in_recording(frames, tempo) - first
            lowest = max(0, int(at[0]))
            new = hear(powers[lowest : int(at[-1]) + 2], self._supposed, at - lowest)
        new = new.since(done - begin // STRIDE, -(-count // STRIDE) - begin // STRIDE)
        self._heard = new if self._heard is None else self._heard.then(new)

    def since(self, first: int, searched: int) -> Ear:
        """What is heard, for a block that begins at frame `first`; from frame `searched` on it is fresh."""
        assert self._heard is not None
        shift = self._first * STRIDE / self._supposed.tempo - first
        return Ear(self._heard, shift, max(0, self._output(searched) - self._first))

    def _output(self, frame: int) -> int:
        """The first output at or after that frame of the recording, but for the change of half a window."""
        return math.ceil(frame * self._supposed.tempo / STRIDE)
