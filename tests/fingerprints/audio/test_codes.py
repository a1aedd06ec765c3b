import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.errors import Malformed
from forensics.fingerprints.audio import codes, features
from tests.fingerprints.audio.speech import say

BLOB = codes.fingerprint(np.arange(9000).astype(np.int16))


def test_a_fingerprint_is_small_and_reads_back() -> None:
    samples = np.tile(say("en-1"), 3)[: 5 * features.RATE_HZ]
    blob = codes.fingerprint(samples)
    assert len(blob) < 1024
    assert (codes.unpack(blob).values == codes.encode(samples, step=codes.STEP).values).all()
    assert codes.usable_count(blob) > 80


def test_gain_leaves_the_codes_alone() -> None:
    samples = say("de-1")
    loud, quiet = (codes.encode(part, step=4).values for part in (samples, (samples / 20).astype(np.int16)))
    assert np.bitwise_count(loud ^ quiet).mean() < 2


def test_an_excerpt_has_the_codes_of_the_whole() -> None:
    samples = say("ru-1")
    start = 50 * features.HOP
    whole, part = codes.encode(samples, step=1), codes.encode(samples[start:], step=1)
    assert np.bitwise_count(whole.values[50:] ^ part.values).max() <= 1


def test_blocks_do_not_show() -> None:
    """Half a minute is encoded in several blocks; begun at another place, their borders lie elsewhere."""
    clip = say("en-2")
    samples = np.tile(clip, 1 + 30 * 8000 // len(clip))
    later = 1000
    whole, part = codes.encode(samples, step=1), codes.encode(samples[later * features.HOP :], step=1)
    assert np.bitwise_count(whole.values[later:] ^ part.values).max() <= 1


@pytest.mark.parametrize("count", [0, 1, features.WINDOW - 1, features.PATCH_SAMPLES - 1])
def test_too_short_gives_no_code(count: int) -> None:
    assert codes.usable_count(codes.fingerprint(np.ones(count, np.int16))) == 0


def test_one_patch_gives_one_code() -> None:
    assert len(codes.encode(say("en-1")[: features.PATCH_SAMPLES], step=4)) == 1


@pytest.mark.parametrize("kind", ["silence", "dc", "tone", "hum", "square"])
def test_sounds_that_do_not_change_are_not_usable(kind: str) -> None:
    time_s = np.arange(4 * features.RATE_HZ) / features.RATE_HZ
    sounds = {
        "silence": 0 * time_s,
        "dc": 0 * time_s + 12000,
        "tone": 8000 * np.sin(2 * np.pi * 440 * time_s),
        "hum": 8000 * np.sin(2 * np.pi * 50 * time_s),
        "square": 9000 * np.sign(np.sin(2 * np.pi * 120 * time_s)),
    }
    assert codes.usable_count(codes.fingerprint(sounds[kind].astype(np.int16))) == 0


@given(st.binary(max_size=400))
def test_any_bytes_are_samples(data: bytes) -> None:
    samples = np.frombuffer(data[: len(data) & ~1] * 60, dtype="<i2")
    assert len(codes.encode(samples, step=4)) == codes.patch_count(len(samples), 4)


@given(st.binary(max_size=200))
def test_any_bytes_as_a_blob_raise_only_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        codes.unpack(data)


@given(st.integers(0, 11), st.integers(1, 255))
def test_a_changed_header_is_malformed(position: int, change: int) -> None:
    blob = bytearray(BLOB)
    blob[position] ^= change
    with pytest.raises(Malformed):
        codes.unpack(bytes(blob))
