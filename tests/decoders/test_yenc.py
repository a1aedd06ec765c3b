"""yEnc is opened as newsreaders write it, and what only speaks of it is left alone."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.errors import Malformed
from forensics.formats.yenc_parts import find_articles
from tests.decoders.opening import encoded, opened

CLIP = encoded("opus")


def article(data: bytes, *, line: int = 128, part: str = "", is_stuffed: bool = False) -> bytes:
    coded = bytearray()
    rows = []
    for byte in data:
        sent = (byte + 42) % 256
        coded += bytes([61, (sent + 64) % 256]) if sent in (0, 10, 13, 61) else bytes([sent])
        if len(coded) >= line:
            rows.append(bytes(coded))
            coded.clear()
    rows.append(bytes(coded))
    rows = [b"." + row if is_stuffed and row.startswith(b".") else row for row in rows]
    begin = f"=ybegin line={line} size={len(data)} name=a clip.opus\r\n{part}".encode()
    return b"From: a@example.org\r\n\r\n" + begin + b"\r\n".join(rows) + b"\r\n=yend size=%d\r\n" % len(data)


@pytest.mark.parametrize("is_stuffed", [False, True])
@pytest.mark.parametrize("line", [64, 128, 997])
def test_an_article_is_opened(line: int, is_stuffed: bool) -> None:
    clip = CLIP + b"\x04" * 3000  # points, when sent
    children = opened(article(clip, line=line, is_stuffed=is_stuffed)).children
    assert [child.content.bytes() for child in children if child.name == "a clip.opus"] == [clip]


def test_parts_are_opened_each_and_one_that_is_cut_is_told() -> None:
    half = len(CLIP) // 2
    first = article(CLIP[:half], part=f"=ypart begin=1 end={half}\r\n")
    second = article(CLIP[half:], part=f"=ypart begin={half + 1} end={len(CLIP)}\r\n")
    result = opened(first + second[:-900], "x.bin")
    parts = [child.content.bytes() for child in result.children if child.name == "a clip.opus"]
    assert parts[0] == CLIP[:half]
    assert CLIP[half:].startswith(parts[1][:-900])
    assert "has no end" in result.raised(Malformed)


@pytest.mark.parametrize(
    "text", [b"How to read =ybegin lines? " * 40, b"x\n=ybegin\n" * 90, random.Random(1).randbytes(999)]
)
def test_talk_of_it_is_no_article(text: bytes) -> None:
    assert not list(find_articles(text))


@given(st.lists(st.sampled_from([b"=ybegin ", b"name=x", b"size=9", b"\r\n", b"=ypart ", b"=yend ", b"=", b"end=3"])))
def test_any_article_ends(pieces: list[bytes]) -> None:
    list(find_articles(b"".join(pieces)))
