import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.errors import Malformed
from forensics.fingerprints.audio import codes, features
from tests.fingerprints.audio.speech import say

BLOB = codes.fingerprint(np.arange(9000).astype(np.int16))


def differing(one: codes.Codes, other: codes.Codes) -> float:
    """Mean number of bits in which codes differ."""
    return float(np.bitwise_count(one.values ^ other.values).mean())


def test_a_fingerprint_is_small_and_reads_back() -> None:
    samples = np.tile(say("en-1"), 3)[: int(4.5 * features.RATE_HZ)]
    blob = codes.fingerprint(samples)
    assert len(blob) < 1024
    assert (codes.unpack(blob).values == codes.encode(samples).values).all()
    assert codes.usable_count(blob) > 80


def test_gain_leaves_the_codes_alone() -> None:
    samples = say("de-1")
    loud, quiet = (codes.encode(part) for part in (samples, (samples / 20).astype(np.int16)))
    assert differing(loud, quiet) < 2


def test_an_excerpt_has_the_codes_of_the_whole() -> None:
    """Away from the cut, by all that a code depends on; nearer to it most bits stay."""
    samples = say("ru-1")
    whole, part = codes.encode(samples), codes.encode(samples[48 * features.HOP :])
    apart = np.bitwise_count(whole.values[12:] ^ part.values)
    assert apart[26:].max() <= 1
    assert apart.mean() < 5


def test_blocks_do_not_show() -> None:
    """Half a minute is encoded in several blocks; begun at another place, their borders lie elsewhere."""
    clip = say("en-2")
    samples = np.tile(clip, 1 + 45 * 8000 // len(clip))
    later = 1000
    whole, part = codes.encode(samples), codes.encode(samples[later * features.HOP :])
    apart = np.bitwise_count(whole.values[later // codes.STEP :] ^ part.values)
    assert apart[26:].max() <= 1


@pytest.mark.parametrize("count", [0, 1, features.WINDOW - 1])
def test_too_short_gives_no_code(count: int) -> None:
    assert len(codes.encode(np.ones(count, np.int16))) == 0


def test_one_frame_gives_one_code() -> None:
    assert len(codes.encode(say("en-1")[: features.WINDOW])) == 1


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
    frames = max(0, (len(samples) - features.WINDOW) // features.HOP + 1)
    assert len(codes.encode(samples)) == -(-frames // codes.STEP)


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
