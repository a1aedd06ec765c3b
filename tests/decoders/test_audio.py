from __future__ import annotations

import io
import struct
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import wavfile

from forensics.config import Limits
from forensics.errors import LimitReached, Malformed
from tests.decoders.opening import RATE, encoded, opened, run_ffmpeg, tones, wav

FORMATS = [
    ("wav", ["-c:a", "pcm_s16le"]),
    ("wav", ["-c:a", "pcm_mulaw", "-ar", "8000"]),
    ("wav", ["-c:a", "adpcm_ima_wav"]),
    ("w64", []),
    ("aiff", []),
    ("au", []),
    ("caf", []),
    ("flac", []),
    ("mp3", []),
    ("mp3", ["-b:a", "24k", "-ar", "16000"]),
    ("ogg", ["-c:a", "libvorbis"]),
    ("opus", ["-c:a", "libopus", "-b:a", "12k"]),
    ("spx", ["-c:a", "libspeex"]),
    ("m4a", []),
    ("aac", []),
    ("ac3", []),
    ("wma", []),
    ("webm", ["-c:a", "libopus"]),
    ("mka", []),
    ("3gp", ["-c:a", "aac"]),
    ("avi", []),
    ("g722", []),
    ("gsm", ["-ar", "8000"]),
    ("tta", []),
    ("wv", []),
]


def reference() -> np.ndarray:
    return opened(wav()).samples().astype(float)


def likeness(samples: np.ndarray) -> float:
    """Best correlation of the envelopes within 100 ms: codecs delay."""
    one, two = (np.convolve(np.abs(each), np.ones(200) / 200, "same") for each in (reference(), samples.astype(float)))
    best = 0.0
    for lag in range(-800, 801, 40):
        a, b = (one[lag:], two) if lag >= 0 else (one, two[-lag:])
        size = min(len(a), len(b))
        best = max(best, float(np.corrcoef(a[:size], b[:size])[0, 1]))
    return best


@pytest.mark.parametrize(("extension", "options"), FORMATS)
def test_formats_become_the_same_samples(extension: str, options: list[str]) -> None:
    result = opened(encoded(extension, "-ac", "1", *options), f"clip.{extension}")
    assert result.errors == []
    assert abs(float(result.facts["audio.seconds"]) - 2.0) < 0.15
    assert likeness(result.samples()) > 0.9
    assert result.facts["audio.codec"]


def test_video_gives_every_audio_track_and_the_tags() -> None:
    arguments = ["-f", "lavfi", "-i", "testsrc=d=2:s=64x64", "-f", "wav", "-i", "pipe:0"]
    arguments += ["-map", "0", "-map", "1", "-map", "1", "-c:v", "mpeg4", "-metadata", "title=Call with IMEI 123"]
    result = opened(run_ffmpeg("mkv", arguments, wav()), "film.mkv")
    assert [view.name for view in result.views if view.media_type == "audio/x-pcm"] == ["audio-0", "audio-1"]
    assert "title: Call with IMEI 123" in result.text("metadata")


def test_video_without_sound_is_no_error() -> None:
    result = opened(run_ffmpeg("mp4", ["-f", "lavfi", "-i", "testsrc=d=1:s=64x64", "-c:v", "mpeg4"], b""))
    assert result.errors == []
    assert "audio.seconds" not in result.facts


def test_cover_picture_is_a_part() -> None:
    picture = run_ffmpeg("png", ["-f", "lavfi", "-i", "testsrc=d=1:s=64x64", "-frames:v", "1"], b"")
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "cover.png").write_bytes(picture)
        arguments = ["-f", "wav", "-i", "pipe:0", "-i", f"{folder}/cover.png", "-map", "0", "-map", "1"]
        data = run_ffmpeg("mp3", [*arguments, "-c:v", "copy", "-disposition:v", "attached_pic"], wav())
    result = opened(data)
    assert result.child("cover-0") == picture


@pytest.mark.parametrize("extension", ["wav", "flac", "m4a"])
def test_cut_files_play_as_far_as_they_go(extension: str) -> None:
    options = ("-movflags", "faststart") if extension == "m4a" else ()
    whole = encoded(extension, *options)
    result = opened(whole[: len(whole) // 2], f"cut.{extension}")
    seconds = float(result.facts["audio.seconds"])
    assert 0.3 < seconds < 1.6
    assert result.raised(Malformed)


def test_text_named_wav_never_reaches_the_player() -> None:
    result = opened(b"Dear all,\nhere is the text you asked for.\n" * 20, "clip.wav")
    assert result.type == "text/plain"
    assert result.errors == []


@pytest.mark.parametrize(
    "data",
    [
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n",
        b"1\n00:00:01,000 --> 00:00:02,000\nsubtitle\n",
    ],
)
def test_formats_that_refer_elsewhere_are_refused(data: bytes) -> None:
    result = opened(data * 30, kind="audio/mpeg")
    assert result.raised(Malformed)
    assert result.views == []


def floats(samples: np.ndarray, rate: int = RATE) -> bytes:
    out = io.BytesIO()
    wavfile.write(out, rate, samples.astype("<f4"))
    return out.getvalue()


def test_numbers_that_are_none_become_silence() -> None:
    samples = tones().copy()
    samples[5000:5100] = np.nan
    samples[9000] = np.inf
    result = opened(floats(samples))
    assert likeness(result.samples()) > 0.9
    assert np.abs(result.samples()).max() < 32767


def test_opposite_phases_do_not_cancel() -> None:
    assert likeness(opened(floats(np.stack([tones(), -tones()], axis=1))).samples()) > 0.9


@pytest.mark.parametrize("kind", ["u1", "<i2", "<i4", "<i8", "<f4", "<f8"])
def test_sample_formats(kind: str) -> None:
    scale = {"u1": 127, "<i2": 32767, "<i4": 2**31 - 1, "<i8": 2**63 - 1024}.get(kind, 1)
    samples = np.stack([tones(), tones()], axis=1) * scale + (128 if kind == "u1" else 0)
    out = io.BytesIO()
    wavfile.write(out, RATE, samples.astype(kind))
    result = opened(out.getvalue())
    assert result.errors == []
    assert np.corrcoef(result.samples(), reference())[0, 1] > 0.99


def test_many_channels() -> None:
    out = io.BytesIO()
    wavfile.write(out, RATE, np.repeat((tones() * 20000).astype("<i2")[:, None], 40, axis=1))
    result = opened(out.getvalue())
    assert result.facts["audio.channels"] == "40"
    assert likeness(result.samples()) > 0.9


@pytest.mark.parametrize("count", [0, 1, 2])
def test_next_to_no_samples(count: int) -> None:
    out = io.BytesIO()
    wavfile.write(out, RATE, np.zeros(count, "<i2"))
    result = opened(out.getvalue())
    assert result.errors == []
    assert result.facts["audio.seconds"] == "0.000"


def test_resampling_keeps_speech_and_folds_nothing_down() -> None:
    time_s = np.arange(48_000) / 48_000
    speech = opened(floats(0.5 * np.sin(2 * np.pi * 1000 * time_s), 48_000)).samples()
    whistle = opened(floats(0.5 * np.sin(2 * np.pi * 5500 * time_s), 48_000)).samples()
    assert np.sqrt(np.mean(np.square(speech.astype(float)))) == pytest.approx(0.5 / 2**0.5 * 32768, rel=0.05)
    assert np.sqrt(np.mean(np.square(whistle[200:-200].astype(float)))) < 60


def test_long_audio_ends_at_the_limit_with_what_was_played() -> None:
    result = opened(wav(4.0), limits=Limits(audio_seconds=1.0))
    assert 0.5 < float(result.facts["audio.seconds"]) <= 1.0
    assert "1 s of audio" in result.raised(LimitReached)


def test_riff_tags_are_text() -> None:
    data = encoded("wav", "-write_bext", "1", "-metadata", "originator=STUDIO-7", "-metadata", "INAM=private")
    result = opened(data)
    assert "STUDIO-7" in result.text("metadata")
    assert [view.role for view in result.views][-1] == "metadata"


def test_amr_frames_decode() -> None:
    frame = bytes([0x3C]) + bytes(31)
    result = opened(b"#!AMR\n" + frame * 100)
    assert result.type == "audio/amr"
    assert float(result.facts["audio.seconds"]) == pytest.approx(2.0, abs=0.1)


def test_player_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    opened(encoded("mp3")[:3000] + bytes(4000) + encoded("mp3")[3000:])
    opened(b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0" + bytes(200), kind="audio/wav")
    assert capfd.readouterr() == ("", "")


SEEDS = {
    "audio/wav": wav(0.05),
    "audio/mpeg": encoded("mp3")[:4000],
    "audio/ogg": encoded("ogg")[:5000],
    "audio/flac": encoded("flac")[:5000],
    "audio/mp4": encoded("m4a")[:5000],
    "video/webm": encoded("webm")[:5000],
    "audio/amr": b"#!AMR\n" + (bytes([0x3C]) + bytes(31)) * 10,
}


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(SEEDS)), st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=12))
def test_any_bytes_end_in_a_report(kind: str, changes: list[tuple[int, int]]) -> None:
    data = bytearray(SEEDS[kind])
    for at, value in changes:
        data[at % len(data)] = value
    opened(bytes(data), kind=kind)


def riff(samples: np.ndarray, rate: int) -> bytes:
    out = io.BytesIO()
    wavfile.write(out, rate, samples)
    return out.getvalue()


def sides(seconds: int = 4) -> np.ndarray:
    """Two different sides of a call: shape (samples, 2) at 8 kHz."""
    one = (tones(seconds)[::2] * 20_000).astype("<i2")
    return np.stack([one, one[::-1]], axis=1)


def test_both_sides_of_a_call_are_heard_mixed_and_apart() -> None:
    result = opened(riff(sides(), 8000))
    views = {view.role: np.frombuffer(view.content.bytes(), "<i2").astype(float) for view in result.views if view.role}
    assert list(views) == ["channel 1", "channel 2"]
    for number, heard in enumerate(views.values()):
        assert np.corrcoef(heard, sides()[:, number])[0, 1] > 0.99
    assert result.samples() == pytest.approx(sides().mean(axis=1), abs=40)
    assert (result.facts["audio.separate"], result.errors) == ("2", [])


def test_a_side_that_speaks_up_late_is_heard_whole() -> None:
    samples = np.concatenate([np.stack([sides()[:, 0], 0 * sides()[:, 0]], axis=1), sides()])
    result = opened(riff(samples, 8000))
    late = next(view for view in result.views if view.role == "channel 2")
    heard = np.frombuffer(late.content.bytes(), "<i2")
    assert abs(len(heard) - len(samples)) < 40
    assert np.corrcoef(heard[32_100:63_900], samples[32_100:63_900, 1])[0, 1] > 0.99


def test_more_channels_than_can_be_heard_apart_are_told() -> None:
    one = sides()[:, 0]
    result = opened(riff(np.stack([np.roll(one, 2999 * number) for number in range(64)], axis=1), 8000))
    assert [view.role for view in result.views if view.role] == [f"channel {number + 1}" for number in range(8)]
    assert "55 more channels differ" in result.raised(Malformed)


@pytest.mark.parametrize("rate", [2000, 4000, 11_025, 96_000, 192_000, 384_000])
def test_any_rate_plays(rate: int) -> None:
    samples = (np.interp(np.arange(2 * rate) / rate, np.arange(32_000) / 16_000, tones()) * 20_000).astype("<i2")
    result = opened(riff(samples, rate))
    assert result.errors == []
    assert float(result.facts["audio.seconds"]) == pytest.approx(2.0, abs=0.01)
    assert likeness(result.samples()) > 0.9


@pytest.mark.parametrize("rate", [1, 7, 1999])
def test_a_rate_no_speech_has_is_told_and_played_at_another(rate: int) -> None:
    result = opened(riff((tones()[::2] * 20_000).astype("<i2"), rate))
    assert f"{rate} samples a second" in result.raised(Malformed)
    assert likeness(result.samples()) > 0.9


STRANGE = {
    "constant": np.full(16_000, 0.7),
    "not numbers": np.full(16_000, np.nan),
    "infinite": np.full(16_000, -np.inf),
    "next to nothing": np.full(16_000, 1e-310).astype("<f4"),
    "far too loud": np.full(16_000, 3e38),
}


@pytest.mark.parametrize("name", STRANGE)
@pytest.mark.parametrize("channels", [1, 2])
def test_strange_numbers_play(name: str, channels: int) -> None:
    result = opened(floats(np.stack([STRANGE[name]] * channels, axis=1)))
    assert result.errors == []
    assert float(result.facts["audio.seconds"]) == pytest.approx(1.0, abs=0.01)


DAMAGED = [
    ("mp3", (), slice(None, -4000)),
    ("mp3", (), slice(700, None)),
    ("opus", ("-c:a", "libopus"), slice(None, -5000)),
    ("flac", (), slice(None, -9000)),
    ("m4a", (), slice(None, -2000)),
    ("webm", ("-c:a", "libopus"), slice(None, 4000)),
    ("wma", (), slice(None, 9000)),
    ("amr", ("-ar", "8000"), slice(None, 700)),
]


@pytest.mark.parametrize(("extension", "options", "part"), DAMAGED)
def test_damaged_files_are_heard_or_told(extension: str, options: tuple[str, ...], part: slice) -> None:
    if extension == "amr":
        data = b"#!AMR\n" + (bytes([0x3C]) + bytes(31)) * 50
    else:
        data = encoded(extension, "-ac", "1", *options)
    result = opened(data[part], f"x.{extension}")
    assert result.errors or result.children or float(result.facts.get("audio.seconds", "0")) > 0.3


def test_an_mp4_without_its_index_is_told() -> None:
    whole = encoded("m4a")
    index = whole.index(b"moov") - 4
    result = opened(whole[:index], "x.m4a")
    assert result.raised(Malformed)


def test_a_long_recording_comes_in_windows() -> None:
    samples = np.tile((tones(20.0)[::2] * 20_000).astype("<i2"), 20)
    result = opened(riff(samples, 8000))
    windows = [view for view in result.views if view.media_type == "audio/x-pcm"]
    assert [(view.start_s, view.content.size // 16_000) for view in windows] == [(0.0, 300), (285.0, 115)]
    assert result.facts["audio.seconds"] == "400.000"


def test_header_that_lies_about_everything() -> None:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(100))
    data = bytearray(out.getvalue())
    data[22:24] = struct.pack("<H", 0xFFFF)
    data[24:28] = struct.pack("<L", 0xFFFFFFFF)
    opened(bytes(data))
