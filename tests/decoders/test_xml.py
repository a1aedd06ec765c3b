"""XML of no known kind: never nothing."""

from __future__ import annotations

import base64
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.config import Limits
from forensics.errors import LimitReached, Malformed
from tests.decoders.opening import opened, units, wav

SPOKEN = "please turn the light in the kitchen off"


def test_what_repeats_is_a_unit() -> None:
    text = f"""<export job="P-1"><clips><clip f="a.wav"><said>das <b>Li</b>cht bitte aus</said>
     <guess>{SPOKEN}</guess><guess>kitchen light off</guess></clip></clips></export>"""
    (unit,) = units(text.encode(), "x.xml")
    assert (unit.audio, unit.source, unit.candidates) == ("a.wav", "das Licht bitte aus", (SPOKEN, "kitchen light off"))
    assert unit.package == "P-1"


def test_spelled_characters_attributes_and_comments_are_text() -> None:
    result = opened(
        b"<x><!-- hidden remark --><y title='of the &#1089;eries'>&#1076;&#1086;&#1084; <i>and</i> garden</y></x>"
    )
    assert "title: of the \u0441eries" in result.text()
    assert "text: \u0434\u043e\u043c and garden" in result.text()
    assert "hidden remark" in result.text()


@pytest.mark.parametrize("kind", ["xml", "json"])
def test_a_recording_inside_is_a_child(kind: str) -> None:
    spelled = base64.b64encode(wav()).decode()
    text = f"<q><z>{spelled}</z></q>" if kind == "xml" else f'{{"q": {{"z": "{spelled}"}}}}'
    assert [child.content.bytes() for child in opened(text.encode(), "x").children] == [wav()]


def test_glossaries_are_text() -> None:
    text = "<martif type='TBX'><text><body><termEntry><langSet xml:lang='de'><tig><term>Rechnung</term></tig></langSet>"
    text += "<langSet xml:lang='en'><tig><term>invoice</term></tig></langSet></termEntry></body></text></martif>"
    assert "Rechnung" in opened(text.encode(), "x.tbx").text()


def test_broken_and_endless_xml_keeps_its_text() -> None:
    result = opened(b"<x><y>before the break</y><y>and behind</x>")
    assert result.raised(Malformed)
    assert "and behind" in result.text()
    result = opened(b"<x>" + b"<y>word here</y>" * 200_000, limits=Limits(text_mib=1))
    assert result.raised(LimitReached)
    assert "word here" in result.text()
    assert opened(b"<a>" * 100_000 + b"deep").raised(Malformed)


@given(st.integers())
@settings(max_examples=200, deadline=None)
def test_any_markup_ends_in_a_report(seed: int) -> None:
    dice = random.Random(seed)
    pieces = [
        "<a>",
        "</a>",
        "<b c='d.wav'>",
        "</b>",
        "two words",
        "<!--x-->",
        "<?p?>",
        "&amp;",
        "&x;",
        "<e/>",
        "\0",
        "<",
    ]
    opened("".join(dice.choices(pieces, k=30)).encode(), kind="application/xml")


def test_a_text_is_one_column_with_and_without_attributes() -> None:
    first = "<message><source>Good morning to you</source><translation>Guten Morgen dir</translation></message>"
    second = (
        "<message><source>Second one</source><translation type='unfinished'>Das zweite hier</translation></message>"
    )
    text = f"<TS version='2.1'><context><name>Main</name>{first}{second}</context></TS>"
    assert [unit.target for unit in units(text.encode(), "x.ts")] == ["Guten Morgen dir", "Das zweite hier"]


def test_proposals_are_their_texts_not_who_made_them() -> None:
    made = "<p engine='The Engine Of Unusual Length'>two words</p><p engine='Other Engine'>other words</p>"
    (unit,) = units(f"<x><c f='a.wav'>{made}</c></x>".encode(), "x.xml")
    assert unit.candidates == ("two words", "other words")
