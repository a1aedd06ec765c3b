"""Sound whose beginning is lost: cut in the middle of a frame, alone, after noise and after a picture."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.content import Content
from forensics.errors import Malformed
from forensics.formats.amr_frames import is_amr
from forensics.formats.ogg_pages import opus_beginning, pages
from tests.decoders.opening import Opened, encoded, opened, run_ffmpeg, wav

NOISE = random.Random(3).randbytes(3001)
PICTURE = run_ffmpeg("png", ["-f", "lavfi", "-i", "mandelbrot=s=100x100", "-frames:v", "1"], b"")


def amr(frames: int, *, mode: int = 7, size: int = 31) -> bytes:
    """Frames of one mode without the magic line; what they say is noise."""
    draw = random.Random(1)
    return b"".join(bytes([mode << 3 | 4]) + draw.randbytes(size) for _ in range(frames))


def heard(result: Opened) -> float:
    """Seconds of the first piece inside that can be played."""
    for child in result.children:
        inner = opened(child.content.bytes(), child.name)
        if "audio.seconds" in inner.facts:
            assert "beginning of the sound is lost" in inner.raised(Malformed)
            return float(inner.facts["audio.seconds"])
    return 0.0


@pytest.mark.parametrize(
    ("data", "least_s"),
    [(encoded("flac"), 1.0), (encoded("opus"), 0.8), (amr(120), 1.5), (amr(120, mode=2, size=32), 1.5)],
    ids=["flac", "opus", "amr", "amr-wb"],
)
@pytest.mark.parametrize("before", [b"", PICTURE], ids=["alone", "picture"])
def test_what_is_left_is_played(data: bytes, least_s: float, before: bytes) -> None:
    left = data[len(data) // 4 + 7 :]
    result = opened(before + left, "x.bin")
    if before and not any(child.name.startswith("carved") for child in result.children):
        result = opened(result.children[0].content.bytes(), "trailing")
    assert heard(result) >= least_s


@pytest.mark.parametrize("kind", ["flac", "opus"])
def test_frames_after_noise_are_found(kind: str) -> None:
    assert heard(opened(NOISE + encoded(kind)[5000:])) > 0.5


def test_what_is_left_of_flac_sounds_as_it_did() -> None:
    whole = encoded("flac")
    (part,) = opened(whole[9000:]).children
    left = opened(part.content.bytes(), part.name).samples()
    expected = opened(wav()).samples()
    tail = min(len(left), len(expected)) - 200
    assert np.corrcoef(left[-tail:], expected[-tail:])[0, 1] > 0.99


def test_vorbis_without_its_tables_is_told() -> None:
    (part,) = opened(encoded("ogg")[2000:]).children
    assert "what the sound was coded by" in opened(part.content.bytes(), part.name).raised(Malformed)


def test_opus_is_told_by_its_clock() -> None:
    later = [at for at in range(1, len(encoded("opus"))) if encoded("opus").startswith(b"OggS", at)]
    rest = Content.of(encoded("opus")[later[1] :])
    assert len(list(pages(rest))) >= 2
    assert opus_beginning(rest).count(b"OpusHead") == 1
    stopped = bytearray(encoded("opus")[later[1] :])
    for at in later[1:]:
        place = at - later[1] + 6
        stopped[place : place + 8] = (12345).to_bytes(8, "little")
    assert opus_beginning(Content.of(bytes(stopped))) == b""


@pytest.mark.parametrize(
    "data",
    [
        random.Random(9).randbytes(200_000),
        bytes([0x3C]) * 60_000,
        b"".join(bytes([0x3C]) + f"record {n:024}".encode() for n in range(3000)),
        bytes(100_000),
    ],
    ids=["noise", "one byte", "records", "zeros"],
)
def test_other_bytes_are_no_sound(data: bytes) -> None:
    assert is_amr(data) is None
    assert not [child for child in opened(data, kind="application/octet-stream").children if "carved" in child.name]


TYPES = ("audio/x-flac-frames", "audio/x-ogg-pages", "audio/x-amr-frames", "audio/x-amr-wb-frames")
SEEDS = (encoded("flac")[8000:14000], encoded("opus")[4000:], amr(60), b"")


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(TYPES), st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255))))
def test_any_bytes_end_in_a_report(kind: str, seed: bytes, changes: list[tuple[int, int]]) -> None:
    data = bytearray(seed)
    for at, value in changes if data else ():
        data[at % len(data)] = value
    opened(bytes(data), kind=kind)
