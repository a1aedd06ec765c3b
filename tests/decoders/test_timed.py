"""Timed and annotated text: what is said, beside what is not; any bytes end in a report."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.config import Limits
from forensics.errors import LimitReached, Malformed
from forensics.formats.timed_lines import KINDS
from forensics.formats.xml_segments import SHAPES
from forensics.resources import samples_folder
from tests.decoders.opening import opened

CASES = [
    path
    for decoder in ("timed_text", "timed_xml")
    for path in sorted((samples_folder() / "decoders" / decoder).glob("*/call.*"))
]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.suffix)
def test_a_file_cut_anywhere_gives_what_was_before(path):
    data = path.read_bytes()
    whole = opened(data, path.name).text("source").splitlines()
    for part in (3, 2):
        cut = opened(data[: len(data) * (part - 1) // part & ~1], path.name)
        assert len(cut.text("source").splitlines()) <= len(whole)
        assert cut.views


def test_entities_are_refused_and_the_text_kept():
    bomb = b"<!DOCTYPE tt [<!ENTITY a 'ha'>]><tt><body><p>said &a; here</p></body></tt>"
    result = opened(bomb, "x.ttml")
    assert "entities" in result.raised(Malformed)
    assert "said" in result.text()


@pytest.mark.parametrize("head", ["[Script Info]\nTitle: x\n", "[by:x]\n[00:01.00]a b\n", "<tt><body><p>"])
def test_endless_text_is_cut_and_told(head):
    result = opened((head + "[00:01.00]some words that were said\n" * 60_000).encode(), limits=Limits(text_mib=1))
    assert result.raised(LimitReached)
    assert result.text("source") or result.text("metadata")


@pytest.mark.parametrize(
    "text", ["[section]\nkey=value\n", "[a:b]\nwords\n", "0:00 start of the walk\n", "@Begin of letters\nwords\n"]
)
def test_other_texts_are_plain(text):
    assert opened(text.encode(), "x.txt").type == "text/plain"


@given(st.integers(), st.sampled_from(sorted(KINDS | set(SHAPES))))
@settings(max_examples=300, deadline=None)
def test_any_bytes_end_in_a_report(seed, kind):
    dice = random.Random(seed)
    data = bytearray(dice.choice(CASES).read_bytes())
    for _ in range(dice.randrange(8)):
        at = dice.randrange(len(data))
        data[at : at + dice.randrange(4)] = dice.randbytes(dice.randrange(4))
    opened(bytes(data), kind=kind)
