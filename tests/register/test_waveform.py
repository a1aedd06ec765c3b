"""A waveform in few bytes comes back nearly as it was; any other bytes are Malformed."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.errors import Malformed
from forensics.register.waveform import pack, unpack
from tests.fingerprints.audio.speech import SENTENCES, say


def test_speech_comes_back_38_db_above_the_error() -> None:
    sizes = []
    for name in SENTENCES:
        speech = say(name)
        packed = pack(speech)
        error = unpack(packed).astype(np.float64) - speech
        assert 10 * np.log10(np.mean(speech.astype(np.float64) ** 2) / np.mean(error**2)) > 35
        sizes.append(len(packed) / (len(speech) / 8000))
    assert max(sizes) < 8000  # bytes a second


@given(st.lists(st.integers(-32768, 32767), max_size=300))
def test_any_samples_come_back(values: list[int]) -> None:
    samples = np.array(values, np.int16)
    back = unpack(pack(samples))
    assert len(back) == len(samples)
    assert np.all(np.abs(back.astype(int) - samples) <= 10 + np.abs(samples.astype(int)) // 40)


@given(st.binary(max_size=100))
def test_any_bytes_are_malformed_or_samples(data: bytes) -> None:
    packed = pack(np.arange(50, dtype=np.int16))
    for each in (data, packed[: min(len(data), len(packed) - 1)]):
        with pytest.raises(Malformed):
            unpack(each)


def test_what_inflates_to_more_than_it_says_is_malformed() -> None:
    packed = pack(np.zeros(10, np.int16))
    with pytest.raises(Malformed):
        unpack(packed[:8] + zlib.compress(bytes(10_000_000)))
    with pytest.raises(Malformed):
        unpack(packed[:4] + (1 << 31).to_bytes(4, "little") + packed[8:])
