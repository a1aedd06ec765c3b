"""What hides inside other bytes is found wherever it begins."""

from __future__ import annotations

import io
import random
import wave
import zipfile
import zlib

import pytest

from forensics.content import Content
from forensics.errors import LimitReached
from forensics.formats.carving import BLOCK_BYTES, OVERLAP_BYTES, WINDOW_BYTES, find_hidden


def a_wave() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as writer:
        writer.setparams((1, 2, 8000, 0, "NONE", ""))
        writer.writeframes(random.Random(1).randbytes(4000))
    return out.getvalue()


def a_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("clip.txt", "words " * 500)
    return out.getvalue()


@pytest.mark.parametrize("hidden", [a_wave(), a_zip(), zlib.compress(a_wave())], ids=["wav", "zip", "zlib"])
@pytest.mark.parametrize(
    "at",
    [
        *(0, 1, 1000, 1001),
        *(edge + shift for edge in (BLOCK_BYTES, WINDOW_BYTES) for shift in (-3, -2, -1, 0, 1)),
        WINDOW_BYTES + OVERLAP_BYTES,
    ],
)
def test_it_is_found_at_every_place(hidden: bytes, at: int) -> None:
    noise = random.Random(7).randbytes(64) * (at // 64 + 1)
    found = list(find_hidden(Content.of(noise[:at] + hidden), 0, lambda: None))
    assert [(find.start, find.end) for find in found] == [(at, at + len(hidden))]


def test_so_many_things_that_not_all_are_looked_at_are_said() -> None:
    data = b"\0" * 9 + a_wave() * 4
    with pytest.raises(LimitReached):
        list(find_hidden(Content.of(data), 0, lambda: None, most=3))


def test_frames_of_mpeg_are_found_where_they_begin_in_their_middle() -> None:
    frame = b"\xff\xfb\x90\x00" + bytes(413)
    data = b"\x01" * 777 + frame * 20
    (find,) = find_hidden(Content.of(data), 0, lambda: None)
    assert (find.start, find.extension) == (777, "mp3")
