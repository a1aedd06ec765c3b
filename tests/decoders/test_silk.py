"""Voice notes play as far as they go; what the SDK is given cannot be told from sound by length alone."""

from __future__ import annotations

import io
import subprocess
from functools import cache

import numpy as np
import pysilk
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from forensics.config import Limits
from forensics.content import Content
from forensics.errors import LimitReached, Malformed
from forensics.formats.silk_frames import MAGIC, SilkNote
from tests.decoders.opening import opened


@cache
def spoken(rate: int) -> NDArray[np.int16]:
    said = subprocess.run(["espeak-ng", "--stdout", "Seven people called twice."], capture_output=True, check=True)
    command = ["ffmpeg", "-v", "error", "-i", "-", "-ar", str(rate), "-f", "s16le", "-"]
    return np.frombuffer(subprocess.run(command, input=said.stdout, capture_output=True, check=True).stdout, "<i2")


@cache
def note(rate: int = 24_000, *, is_tencent: bool = True) -> bytes:
    out = io.BytesIO()
    pysilk.encode(io.BytesIO(spoken(rate).tobytes()), out, rate, 20_000, tencent=is_tencent)
    return out.getvalue()


@cache
def packets_of(milliseconds: int) -> bytes:
    """A note whose packets hold several frames, through the SDK: the package itself writes packets of 20 ms only."""
    from pysilk.backends.cffi._silk import ffi, lib

    size, count = ffi.new("int32_t *"), ffi.new("int16_t *")
    lib.SKP_Silk_SDK_Get_Encoder_Size(size)
    state, control = ffi.new("char[]", size[0]), ffi.new("SKP_SILK_SDK_EncControlStruct *")
    lib.SKP_Silk_SDK_InitEncoder(state, control)
    control.API_sampleRate = control.maxInternalSampleRate = 16_000
    control.packetSize, control.bitRate, control.complexity = 16 * milliseconds, 20_000, 2
    room, data = ffi.new("uint8_t[]", 2048), MAGIC
    for at in range(0, len(spoken(16_000)) - 319, 320):
        count[0] = 1250
        frame = ffi.from_buffer("int16_t[]", spoken(16_000)[at : at + 320].tobytes())
        assert lib.SKP_Silk_SDK_Encode(state, control, frame, 320, room, count) == 0
        data += count[0].to_bytes(2, "little") + bytes(ffi.buffer(room, count[0])) if count[0] else b""
    return data


def likeness(samples: NDArray[np.int16]) -> float:
    """Best correlation with the speech itself within 100 ms."""
    one, two = spoken(8000).astype(float), samples.astype(float)
    size = min(len(one), len(two)) - 800
    return max(float(np.corrcoef(one[:size], two[lag : lag + size])[0, 1]) for lag in range(800))


@pytest.mark.parametrize("rate", [8000, 12_000, 16_000, 24_000])
@pytest.mark.parametrize("is_tencent", [True, False])
def test_notes_of_every_rate_play(rate: int, is_tencent: bool) -> None:
    result = opened(note(rate, is_tencent=is_tencent) + b"\xff\xff" * (not is_tencent), "voice.amr")
    assert (result.type, result.errors) == ("audio/silk", [])
    assert float(result.facts["audio.seconds"]) == pytest.approx(len(spoken(rate)) / rate, abs=0.05)
    assert likeness(result.samples()) > 0.75


@pytest.mark.parametrize("milliseconds", [20, 40, 60, 100])
def test_packets_of_several_frames_play_whole(milliseconds: int) -> None:
    result = opened(packets_of(milliseconds))
    assert result.errors == []
    assert float(result.facts["audio.seconds"]) == pytest.approx(len(spoken(16_000)) / 16_000, abs=0.11)
    assert likeness(result.samples()) > 0.75


def test_packets_not_sent_keep_the_time() -> None:
    data = note()
    first = 12 + int.from_bytes(data[10:12], "little")
    result = opened(data[:first] + bytes(2 * 50) + data[first:])
    assert float(result.facts["audio.seconds"]) == pytest.approx(1 + len(spoken(24_000)) / 24_000, abs=0.05)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_a_cut_note_plays_as_far_as_it_goes(share: float) -> None:
    whole = len(spoken(24_000)) / 24_000
    result = opened(note()[: int(len(note()) * share) | 1])
    assert float(result.facts["audio.seconds"]) == pytest.approx(share * whole, abs=0.3 * whole)
    assert "cut" in result.raised(Malformed) or "left unread" in result.raised(Malformed)


def test_damage_inside_is_told_and_the_rest_plays() -> None:
    data = bytearray(note())
    data[10] = 0xF0
    data[11] = 0x70
    assert "no packet begins at byte 10" in opened(bytes(data)).raised(Malformed)
    data = bytearray(note())
    data[600:900] = bytes(range(150, 200)) * 6
    result = opened(bytes(data))
    assert result.raised(Malformed)
    assert float(result.facts["audio.seconds"]) > 0.2


@pytest.mark.parametrize("data", [MAGIC, b"\x02" + MAGIC, MAGIC + bytes(100), MAGIC + b"\xff\xff"])
def test_a_note_without_packets_is_never_clean(data: bytes) -> None:
    assert "holds no packets" in opened(data, kind="audio/silk").raised(Malformed)


def test_a_long_note_ends_at_the_limit() -> None:
    assert "0.5 s of audio" in opened(note(), limits=Limits(audio_seconds=0.5)).raised(LimitReached)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9000), st.binary(max_size=40)), max_size=8), st.integers(0, 9000))
def test_any_packets_end_in_samples_and_a_report(changes: list[tuple[int, bytes]], end: int) -> None:
    data = bytearray(packets_of(100) if end & 1 else note())
    for at, new in changes:
        data[10 + at : 10 + at + len(new)] = new
    for packet in SilkNote(Content.of(bytes(data[: 10 + end]))).play():
        assert len(packet) % 320 == 0
        assert len(packet) <= 5 * 320
