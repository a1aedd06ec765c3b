"""Where wrapped content begins is told exactly, whatever stands before and around it."""

from __future__ import annotations

import base64
import binascii
import random

import pytest

from forensics.formats.wrapped_runs import find_wrapped

CLIP = b"fLaC\x00\x00\x00\x22" + random.Random(8).randbytes(3000)
RUN = base64.b64encode(CLIP).rstrip(b"=")
UU = b"".join(binascii.b2a_uu(CLIP[at : at + 45]) for at in range(0, len(CLIP), 45)) + b"`\nend\n"


@pytest.mark.parametrize(
    "before", [b"", b"x" * 39 + b" ", b"a.b " * 30, b"/" * 39 + b"\n\n.", bytes(5000), b"\xff" * 41]
)
def test_a_run_begins_at_its_first_character(before: bytes) -> None:
    (found,) = find_wrapped(before + RUN + b" end")
    assert (found.offset, found.data) == (len(before), CLIP)


def test_a_line_of_uuencode_counts_at_the_beginning_of_a_line_only() -> None:
    assert [each.offset for each in find_wrapped(b"begin 644 a\n" + UU)] == [0]
    assert [each.offset for each in find_wrapped(b"begin begin 7 x\nbegin 644 a\r\n" + UU)] == [16]
    assert not list(find_wrapped(b"to begin 644 a\n" + UU))


@pytest.mark.parametrize("end", [b".", b"(", b"\x00", "é".encode()])
def test_runs_too_short_for_anything_hide_none_behind_them(end: bytes) -> None:
    (found,) = find_wrapped((b"a" * 300 + end) * 5000 + RUN)
    assert found.data == CLIP
