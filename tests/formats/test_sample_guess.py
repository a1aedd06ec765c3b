"""Each plain format is told from the others on speech, and what is no sound is none."""

from __future__ import annotations

import random
import subprocess
import wave
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from forensics.content import Content
from forensics.formats.raw_sound import probes_of
from forensics.formats.sample_formats import FORMATS, alaw_table, mulaw_table
from forensics.formats.sample_guess import HINTED_SAVING, SURE_SAVING, guess, saving_as
from forensics.resources import samples_folder

PEOPLE = sorted(Path("/usr/share/asterisk/sounds").glob("*_f_*/*.wav"))


@cache
def synthetic() -> NDArray[np.int16]:
    """A registered clip of the samples, at 8 kHz."""
    with wave.open(str(next((samples_folder() / "decoders/audio/two-sides").glob("*.wav")))) as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2")[::2]


def ffmpeg(samples: NDArray[np.int16], kind: str, *options: str) -> bytes:
    command = ["ffmpeg", "-v", "error", "-f", "s16le", "-ar", "8000", "-ac", "1", "-i", "-", *options, "-f", kind, "-"]
    return subprocess.run(command, input=samples.tobytes(), capture_output=True, check=True).stdout


def heard(data: bytes, least: float = HINTED_SAVING) -> list[tuple[str, int]]:
    return [(each.codec, each.channels) for each in guess(probes_of(Content.of(data), 0), least)]


@pytest.mark.parametrize("codec", FORMATS)
def test_a_voice_in_every_format(codec: str) -> None:
    data = ffmpeg(synthetic(), codec.removeprefix("pcm_"))
    assert heard(data) == [(codec, 1)]
    assert saving_as(probes_of(Content.of(data), 0), codec) > SURE_SAVING


@pytest.mark.skipif(not PEOPLE, reason="needs asterisk-core-sounds")
@pytest.mark.parametrize("codec", FORMATS)
def test_people_in_every_format(codec: str) -> None:
    long_ones = [path for path in PEOPLE if path.stat().st_size > 32_000]
    for path in random.Random(codec).sample(long_ones, 5):
        with wave.open(str(path)) as sound:
            samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
        assert heard(ffmpeg(samples, codec.removeprefix("pcm_"))) == [(codec, 1)], path


@pytest.mark.parametrize("rate", ["16000", "44100"])
@pytest.mark.parametrize("kind", ["s16le", "f32le"])
def test_two_channels_alike_and_unlike(kind: str, rate: str) -> None:
    assert heard(ffmpeg(synthetic(), kind, "-ar", rate, "-ac", "2"))[0] == (f"pcm_{kind}", 2)
    unlike = np.stack([synthetic(), np.roll(synthetic(), 9000)], axis=1)
    assert heard(unlike.tobytes())[0] == ("pcm_s16le", 2)


def table(kind: str) -> bytes:
    return np.cumsum(np.random.default_rng(2).integers(1, 90, 20_000)).astype(kind).tobytes()


NOT_SOUND = {
    "random": random.Random(1).randbytes(60_000),
    "packed": zlib.compress(random.Random(2).randbytes(20_000) + table("<u4")),
    "text": (Path(__file__).read_bytes() * 9)[:60_000],
    "offsets": table("<u4"),
    "zeros": bytes(60_000),
    "weights": np.random.default_rng(3).normal(0, 0.05, 20_000).astype("<f4").tobytes(),
    "records": b"".join(random.Random(4).randbytes(3) + b"\0\1\2\3" + bytes([n & 255, n >> 8]) for n in range(7000)),
    "a program": Path("/bin/bash").resolve().read_bytes()[:400_000],
    "packed voice": zlib.compress(np.random.default_rng(5).normal(0, 900, 50_000).astype("<i2").tobytes()),
}


@pytest.mark.parametrize("name", sorted(set(NOT_SOUND) - {"offsets"}))
def test_no_sound_even_when_called_so(name: str) -> None:
    assert heard(NOT_SOUND[name]) == []


def test_tables_are_no_whole_numbers_of_sound() -> None:
    assert ("pcm_s32le", 1) not in heard(NOT_SOUND["offsets"])


def test_tables_of_g711_are_those_of_ffmpeg() -> None:
    codes = np.arange(256, dtype=np.uint8).tobytes()
    for kind, values in (("mulaw", mulaw_table()), ("alaw", alaw_table())):
        command = ["ffmpeg", "-v", "error", "-f", kind, "-ar", "8000", "-i", "-", "-f", "s16le", "-"]
        decoded = subprocess.run(command, input=codes, capture_output=True, check=True).stdout
        assert np.array_equal(np.frombuffer(decoded, "<i2"), values)


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=64), st.integers(0, 20_000))
def test_any_bytes_are_judged(seed: bytes, length: int) -> None:
    data = (seed * (length // len(seed) + 1))[:length]
    heard(data)
