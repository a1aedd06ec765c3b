"""Words in pictures become text, as far as they can be read; a picture without any costs little and says nothing."""

from __future__ import annotations

import subprocess
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.config import Limits
from forensics.errors import LimitReached, Malformed, TimedOut
from forensics.formats import printed_text
from forensics.formats.pixels import read_grey
from tests.decoders.opening import artifact, opened
from tests.decoders.screens import MONO, SERIF, screen

SAID = (
    "Good evening mum, I wanted to tell you that the doctor finally called, and that the results are not as bad as we"
    " feared. Tell nothing to your brother right now, he prepares for the conduct exam."
)

PATIENT = Limits(picture_seconds=200, seconds=300)
"""For a machine that is busy with other things."""


def plain(text: str) -> list[str]:
    return "".join(char if char.isalnum() else " " for char in text).lower().split()


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "bmp", "gif", "tiff"])
def test_words_are_read_from_every_kind_of_picture(ending):
    found = opened(screen(SAID, ending=ending), f"shot.{ending}", limits=PATIENT)
    assert plain(found.text()) == plain(SAID)
    assert int(found.facts["picture.confidence"]) > 80
    assert not found.errors


@pytest.mark.parametrize(
    "looks",
    [
        {"size": 14, "colours": ("0xd0d0d0", "0x1e1e1e")},
        {"size": 11, "ending": "jpg", "quality": 10},
        {"size": 24, "font": SERIF, "colours": ("0x333333", "0xfff8e0")},
        {"size": 13, "font": MONO, "colours": ("white", "0x003366")},
    ],
)
def test_words_are_read_small_and_dark(looks):
    assert plain(opened(screen(SAID, **looks), limits=PATIENT).text()) == plain(SAID)


@pytest.mark.slow
def test_a_long_picture_is_read_to_its_end():
    lines = [f"Line number {number} of this conversation speaks of a bakery." for number in range(260)]
    found = opened(screen("\n".join(lines), size=20), limits=PATIENT).text()
    assert sum(f"number {number} of" in found for number in range(260)) >= 258


def test_transparent_paper_is_white():
    draw = ["-f", "lavfi", "-i", "color=c=black@0.0:s=700x120,format=rgba"]
    text = (
        "drawtext=fontfile=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf:text='The bakery at the canal':fontsize=30"
    )
    command = ["ffmpeg", "-v", "error", *draw, "-vf", f"{text}:x=20:y=40:fontcolor=black", "-frames:v", "1"]
    made = subprocess.run([*command, "-f", "image2pipe", "-c:v", "png", "-"], capture_output=True, check=True).stdout
    assert "bakery at the canal" in opened(made, "note.png").text()


def test_a_picture_without_words_is_read_and_holds_none():
    noise = np.random.default_rng(3).integers(0, 255, (400, 600), np.uint8)
    header = b"P5 600 400 255\n"
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "image2pipe",
        "-c:v",
        "pgm",
        "-i",
        "-",
        "-f",
        "image2pipe",
        "-c:v",
        "png",
        "-",
    ]
    made = subprocess.run(command, input=header + noise.tobytes(), capture_output=True, check=True).stdout
    found = opened(made, "noise.png")
    assert found.text() == ""
    assert found.facts["picture.width"] == "600"
    assert not found.errors


def test_an_icon_is_not_read_and_a_setting_of_0_reads_none():
    icon = screen("i", size=12, width=16)
    assert opened(icon, "icon.png").text() == ""
    off = opened(screen(SAID), "shot.png", limits=Limits(picture_seconds=0))
    assert off.text() == ""
    assert not off.errors


def test_what_takes_too_long_is_said():
    found = opened(screen("\n".join([SAID] * 30)), "shot.png", limits=Limits(picture_seconds=0.01))
    assert "not read within" in found.raised(TimedOut)


def test_a_bomb_of_pixels_is_refused():
    head = screen("x")
    bomb = head[:16] + (60_000).to_bytes(4, "big") + (60_000).to_bytes(4, "big") + head[24:]
    assert "60000 x 60000 pixels" in opened(bomb, "bomb.png").raised(LimitReached)


def test_a_cut_picture_is_malformed_or_read_in_part():
    whole = screen(SAID)
    found = opened(whole[: len(whole) // 3], "cut.png")
    assert found.errors or found.text() or found.facts


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["image/png", "image/jpeg", "image/gif", "image/bmp", "image/tiff"]))
def test_any_bytes_are_a_picture_or_malformed(data, kind):
    subject = artifact(data, "x", kind)
    with suppress(Malformed, LimitReached):
        assert read_grey(subject.content, kind).ndim == 2


def test_the_languages_are_those_that_are_installed():
    assert "eng" in printed_text.languages()
