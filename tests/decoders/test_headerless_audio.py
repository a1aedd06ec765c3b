"""Bytes without a header are tried as G.711 and PCM, and are no sound when they are none."""

from __future__ import annotations

import io
import os
import random
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from forensics.errors import Malformed
from forensics.resources import samples_folder
from tests.decoders.opening import Opened, opened, run_ffmpeg

CLIP = samples_folder() / "decoders/headerless_audio/s16be-16k/call-16000.raw"


@cache
def spoken(*options: str, kind: str) -> bytes:
    arguments = ["-f", "s16be", "-ar", "16000", "-ac", "1", "-i", "pipe:0", *options, "-f", kind]
    return run_ffmpeg("bin", arguments, CLIP.read_bytes())


@cache
def reference() -> NDArray[np.int16]:
    return np.frombuffer(spoken("-ar", "8000", kind="s16le"), "<i2")


def likeness(samples: NDArray[np.int16]) -> float:
    one, two = reference().astype(float), samples.astype(float)
    size = min(len(one), len(two)) - 100
    return max(float(np.corrcoef(one[50 : 50 + size], two[lag : lag + size])[0, 1]) for lag in range(100))


def best(result: Opened) -> float:
    views = [view for view in result.views if view.media_type == "audio/x-pcm"]
    return max((likeness(np.frombuffer(view.content.bytes(), "<i2")) for view in views), default=0.0)


@pytest.mark.parametrize(
    ("name", "kind", "options"),
    [
        ("call.ul", "mulaw", ("-ar", "8000")),
        ("call.al", "alaw", ("-ar", "8000")),
        ("call.pcma", "alaw", ("-ar", "8000")),
        ("called-wrongly.ul", "alaw", ("-ar", "8000")),
        ("carved@912.bin", "mulaw", ("-ar", "8000")),
        ("prompt.sln", "s16le", ("-ar", "8000")),
        ("prompt.sln16", "s16le", ("-ar", "16000")),
        ("x.raw", "s16le", ("-ar", "8000")),
        ("x.raw", "s16be", ("-ar", "16000")),
        ("x", "s16le", ("-ar", "48000", "-ac", "2")),
        ("x.pcm", "f32le", ("-ar", "44100")),
        ("x_11025.pcm", "u8", ("-ar", "11025")),
        ("x.dat", "s24le", ("-ar", "48000")),
        ("x.dat", "s24be", ("-ar", "16000")),
        ("x.dat", "f32be", ("-ar", "16000")),
        ("x.dat", "f64le", ("-ar", "16000")),
        ("x.dat", "mulaw", ("-ar", "16000")),
        ("x.dat", "alaw", ("-ar", "16000")),
    ],
)
def test_speech_without_a_header_is_heard(name: str, kind: str, options: tuple[str, ...]) -> None:
    result = opened(spoken(*options, kind=kind), name)
    assert result.errors == []
    assert best(result) > 0.9
    assert result.facts["audio.codec"] in (f"pcm_{kind}", "pcm_mulaw")


@pytest.mark.parametrize("kind", ["<i2", "<f4", "<f8"])
def test_samples_in_an_array_of_numpy_are_heard(kind: str) -> None:
    out = io.BytesIO()
    np.save(out, (reference() / (1 if kind == "<i2" else 32768)).astype(kind))
    (array,) = [child for child in opened(out.getvalue(), "x.npy").children if child.name == "array"]
    assert best(opened(array.content.bytes(), "array")) > 0.9
    assert opened(out.getvalue()[:11]).raised(Malformed)


def test_the_likeliest_reading_stands_for_the_recording() -> None:
    result = opened(spoken("-ar", "16000", kind="s16le"), "x.raw")
    sound = [view for view in result.views if view.media_type == "audio/x-pcm"]
    assert sound[0].role == ""
    assert len({view.role for view in sound}) == len(sound) <= 4
    assert likeness(np.frombuffer(sound[0].content.bytes(), "<i2")) > 0.9


def test_dialogic_adpcm_goes_by_its_name() -> None:
    result = opened(random.Random(3).randbytes(8000), "call.vox")
    assert result.facts["audio.codec"] == "adpcm_ima_oki"
    assert float(result.facts["audio.seconds"]) == pytest.approx(2.0, abs=0.1)


def test_noise_that_is_called_mulaw_is_played_as_told() -> None:
    assert opened(os.urandom(16_000), "call.ul").facts["audio.tried"] == "pcm_mulaw 8000 Hz"


@pytest.mark.parametrize("name", ["x.bin", "x.raw", "x.pcm"])
@pytest.mark.parametrize("size", [0, 1, 5000, 6144, 60_000])
def test_random_bytes_become_no_sound(name: str, size: int) -> None:
    result = opened(random.Random(size).randbytes(size), name)
    assert [view for view in result.views if view.media_type == "audio/x-pcm"] == []


def test_a_wave_without_its_first_bytes_is_heard() -> None:
    whole = run_ffmpeg("wav", ["-f", "s16be", "-ar", "16000", "-i", "pipe:0"], CLIP.read_bytes())
    assert best(opened(whole[30:], "rest.bin")) > 0.9


def test_a_header_of_the_wrong_format_is_told_and_the_sound_heard() -> None:
    path = samples_folder() / "decoders/audio/says-8-bit/call.wav"
    result = opened(path.read_bytes(), "call.wav")
    assert "the samples are pcm_s16le" in result.raised(Malformed)
    assert best(result) > 0.9
