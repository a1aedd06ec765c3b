"""Which signals of a many-channel track are heard: the mix, and every channel that no signal heard so far gives back.

A caller on the left and an agent on the right are heard as three signals, a mono recording in two or 64 channels as
one. The decision is made anew in every block, so that a channel that speaks up late is heard from there on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

BLOCK_SAMPLES = 4096
MOST_RESIDUAL = 0.03
"""Share of a channel's power that a signal may miss and still stand for it: 15 dB below."""
SILENCE_POWER = 1e-8
"""Of full scale squared (-80 dB): channels below it hold nothing."""
_CANCELLED = 0.02
_AUDIBLE_POWER = 1e-5


@dataclass(slots=True)
class ChannelMix:
    """The signals of one track. `takes_room` says whether one more channel may be heard by itself.

    `separate` are the channels heard by themselves; `left_out` those for which there was no room.
    """

    takes_room: Callable[[], bool]
    separate: list[int] = field(default_factory=list)
    left_out: set[int] = field(default_factory=set)
    _covers: dict[int, int] = field(default_factory=dict)
    _loudest: int = -1

    def split(self, channels: NDArray[np.float32]) -> tuple[list[NDArray[np.float32]], list[int]]:
        """The signals of one stretch, from channels of shape (channels, samples) between -1 and 1.

        Signal 0 is the mix, the others the separate channels. The list beside them tells, for every signal that is
        new, which earlier one stood for its channel until now.
        """
        signals = [self._mix(channels), *(_channel(channels, number) for number in self.separate)]
        if len(channels) == 1:  # or all of them alike
            return signals, []
        before = len(signals)
        follows: list[int] = []
        blocks = _blocks(channels)
        powers = np.square(blocks).sum(axis=2)
        is_active = powers > SILENCE_POWER * blocks.shape[2]
        misses = np.stack([_missed(blocks, powers, _blocks(signal[None])) for signal in signals])
        for number in range(len(channels)):
            worst = np.where(is_active[:, number], misses[:, :, number], 0.0).max(axis=1)
            best = int(worst.argmin())
            if worst[best] <= MOST_RESIDUAL:
                if is_active[:, number].any():
                    self._covers[number] = best
            elif not self.takes_room():
                self.left_out.add(number)
            else:
                signals.append(channels[number])
                self.separate.append(number)
                follows.append(min(self._covers.get(number, 0), before - 1))
                misses = np.concatenate([misses, _missed(blocks, powers, blocks[:, number : number + 1])[None]])
        return signals, follows

    def _mix(self, channels: NDArray[np.float32]) -> NDArray[np.float32]:
        """The mean of the channels, or the loudest channel once the mean has been seen to cancel."""
        if self._loudest >= 0:
            return _channel(channels, self._loudest)
        mean: NDArray[np.float32] = channels.mean(axis=0, dtype=np.float32)
        if len(channels) > 1:
            powers = np.square(channels).mean(axis=1)
            if powers.max() > _AUDIBLE_POWER and np.square(mean).mean() < _CANCELLED * powers.mean():
                self._loudest = int(powers.argmax())
                return _channel(channels, self._loudest)
        return mean


def _channel(channels: NDArray[np.float32], number: int) -> NDArray[np.float32]:
    """One channel; silence when the track has fewer now."""
    row: NDArray[np.float32] = channels[number] if number < len(channels) else np.zeros_like(channels[0])
    return row if len(channels) > 1 else channels[0]


def _blocks(channels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shape (blocks, channels, samples), each block without its mean; the last one is filled up with silence."""
    count, length = channels.shape
    size = min(BLOCK_SAMPLES, max(1, length))
    padded = np.zeros((count, -(-length // size) * size), dtype=np.float32)
    padded[:, :length] = channels
    blocks = padded.reshape(count, -1, size).swapaxes(0, 1)
    centred: NDArray[np.float32] = blocks - blocks.mean(axis=2, keepdims=True)
    return centred


def _missed(
    blocks: NDArray[np.float32], powers: NDArray[np.float32], signal: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Share of each channel's power, per block, that the best multiple of a signal leaves over."""
    products = (blocks @ signal.swapaxes(1, 2))[:, :, 0]
    power = np.square(signal).sum(axis=2)
    missed: NDArray[np.float32] = 1.0 - np.square(products) / np.maximum(powers * power, np.float32(1e-20))
    return missed
