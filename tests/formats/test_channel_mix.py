"""Every channel that holds something is heard, in the mix or by itself, and copies are heard once."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from forensics.formats.channel_mix import BLOCK_SAMPLES, MOST_RESIDUAL, SILENCE_POWER, ChannelMix

LENGTH = 3 * BLOCK_SAMPLES


def voice(seed: int, length: int = LENGTH) -> NDArray[np.float32]:
    noise = np.random.default_rng(seed).normal(size=length + 8)
    return (0.1 * np.convolve(noise, np.ones(9) / 3, "valid")).astype(np.float32)


def room(count: int) -> ChannelMix:
    left = iter(range(count))
    return ChannelMix(lambda: next(left, None) is not None)


def test_a_mono_recording_in_two_channels_is_heard_once() -> None:
    mix = room(8)
    signals, _ = mix.split(np.stack([voice(1), 0.5 * voice(1)]))
    assert (len(signals), mix.separate) == (1, [])


def test_two_sides_of_a_call_are_heard_mixed_and_apart() -> None:
    mix = room(8)
    signals, follows = mix.split(np.stack([voice(1), voice(2)]))
    assert (mix.separate, follows) == ([0, 1], [0, 0])
    assert np.array_equal(signals[2], voice(2))


def test_opposite_phases_do_not_cancel_and_are_heard_once() -> None:
    mix = room(8)
    signals, _ = mix.split(np.stack([voice(1), -voice(1)]))
    assert len(signals) == 1
    assert np.abs(signals[0]).max() > 0.1


def test_64_copies_of_two_sides_are_heard_as_two() -> None:
    mix = room(8)
    mix.split(np.stack([voice(number % 2) for number in range(64)]))
    assert (mix.separate, mix.left_out) == ([0, 1], set())


def test_what_found_no_room_is_told() -> None:
    mix = room(3)
    mix.split(np.stack([voice(number) for number in range(10)]))
    assert mix.separate == [0, 1, 2]
    assert mix.left_out == set(range(3, 10))


def test_a_channel_that_speaks_up_late_follows_what_stood_for_it() -> None:
    mix = room(8)
    assert mix.split(np.stack([voice(1), np.zeros(LENGTH, np.float32)]))[1] == []
    signals, follows = mix.split(np.stack([voice(1), voice(2)]))
    assert (len(signals), mix.separate, follows) == (3, [0, 1], [0, 0])


def test_fewer_channels_than_before_are_silence() -> None:
    mix = room(8)
    mix.split(np.stack([voice(1), voice(2), voice(3)]))
    signals, _ = mix.split(np.stack([voice(1), voice(2)]))
    assert not signals[3].any()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([-1.0, 0.001, 1.0])), min_size=1), max_size=4))
def test_every_channel_is_given_back_by_some_signal(stretches: list[list[tuple[int, float]]]) -> None:
    mix = room(64)
    for stretch in stretches:
        channels = np.stack([np.float32(gain) * voice(seed, 700) for seed, gain in stretch])
        signals, _ = mix.split(channels)
        assert mix.left_out == set()
        for channel in channels:
            power = float(np.square(channel - channel.mean()).sum())
            shares = [_share(channel, signal) for signal in signals]
            assert power < SILENCE_POWER * len(channel) * 1.01 or min(shares) <= MOST_RESIDUAL * 1.01


def _share(channel: NDArray[np.float32], signal: NDArray[np.float32]) -> float:
    """Of the channel's power that the signal's best multiple leaves."""
    one, two = channel - channel.mean(), signal - signal.mean()
    return float(1 - np.dot(one, two) ** 2 / max(1e-20, np.dot(one, one) * np.dot(two, two)))
