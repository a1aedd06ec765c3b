from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.config import Limits
from forensics.errors import LimitReached, Malformed
from tests.decoders.opening import opened, units

SAMPLES = Path(__file__).resolve().parents[2] / "samples"

V12 = """<?xml version="1.0" encoding="UTF-8"?>
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2" xmlns:x="urn:vendor">
 <file original="{original}" source-language="de" target-language="en" x:user="editor@example.org"><header>
  <note>package: PK-77</note></header><body>
  <trans-unit id="u1" resname="clips/one.wav"><source>Guten <g id="1">Morgen</g><ph id="2">&lt;br/&gt;</ph></source>
   <target state="final">Good morning</target><note>IMEI 490154203237518</note>
   <alt-trans origin="mt"><source>Guten Morgen</source><target>Morning</target></alt-trans>
   <alt-trans><target>A good morning</target></alt-trans></trans-unit>
  <trans-unit id="u2"><source>Zweitens</source><target state="needs-translation">Secondly</target></trans-unit>
 </body></file></xliff>"""


def test_candidates_choice_clip_and_package_of_1_2() -> None:
    first, second = units(V12.format(original="").encode())
    assert (first.id, first.source, first.target) == ("u1", "Guten Morgen", "Good morning")
    assert first.candidates == ("Morning", "A good morning")
    assert (first.audio, first.package) == ("clips/one.wav", "PK-77")
    assert (first.source_language, first.target_language) == ("de", "en")
    assert second.candidates == ("Secondly",)
    assert second.target == ""


def test_notes_and_vendor_attributes_are_views() -> None:
    result = opened(V12.format(original="a.wav").encode())
    assert "IMEI 490154203237518" in result.text("note")
    assert "editor@example.org" in result.text("metadata")
    assert result.facts["candidates"] == "3"
    assert result.facts["chosen"] == "1"


@pytest.mark.parametrize(("original", "package"), [("TR-1", "TR-1"), ("jobs/TR-2.docx", "TR-2"), ("", "")])
def test_the_original_names_the_package_when_nothing_else_does(original: str, package: str) -> None:
    text = V12.format(original=original).replace("<note>package: PK-77</note>", "")
    assert units(text.encode())[0].package == package


def test_version_2_with_matches_and_segments() -> None:
    text = """<xliff version="2.1" srcLang="en" trgLang="fr" xmlns="urn:oasis:names:tc:xliff:document:2.0"
     xmlns:mtc="urn:oasis:names:tc:xliff:matches:2.0" xmlns:mda="urn:oasis:names:tc:xliff:metadata:2.0">
     <file id="f1"><mda:metadata><mda:metaGroup><mda:meta type="batch-id">B 9</mda:meta></mda:metaGroup></mda:metadata>
     <unit id="u1"><notes><note>audio/c1.opus</note></notes>
      <mtc:matches><mtc:match ref="#s1"><source>Hello</source><target>Salut</target></mtc:match></mtc:matches>
      <segment id="s1"><source>Hello </source><target>Bonjour</target></segment>
      <segment><source>you</source><target>vous</target></segment></unit></file></xliff>"""
    (unit,) = units(text.encode())
    assert (unit.source, unit.target, unit.candidates) == ("Hello you", "Bonjour vous", ("Salut",))
    assert (unit.audio, unit.package, unit.target_language) == ("audio/c1.opus", "B 9", "fr")


def test_entities_are_refused_and_the_text_kept() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    result = opened((bomb + V12.format(original="x").partition("?>")[2]).encode())
    assert "entities" in result.raised(Malformed)
    assert "Good morning" in result.text("body")


def test_external_entities_are_never_read() -> None:
    evil = (
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><xliff><file>&e;</file></xliff>'
    )
    assert "entities" in opened(evil.encode()).raised(Malformed)


def test_cut_file_gives_the_units_before_the_cut() -> None:
    text = V12.format(original="TR-9")
    result = opened(text[: text.index("Zweitens")].encode())
    assert result.text("target") == "Good morning"
    assert result.raised(Malformed)


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "shift_jis", "gb18030"])
def test_declared_encodings(encoding: str) -> None:
    source = {"shift_jis": "おはよう", "gb18030": "早上好"}.get(encoding, "Grüße")
    text = V12.format(original="TR-1").replace("UTF-8", encoding).replace("Zweitens", source)
    assert units(text.encode(encoding))[1].source == source


def test_deep_nesting_ends_in_a_report() -> None:
    assert "deeper" in opened(b"<xliff>" + b"<g>" * 100_000).raised(Malformed)


def test_sample_packages_and_their_returns() -> None:
    for path in sorted((SAMPLES / "returns").glob("*.xlf")):
        facts = opened(path.read_bytes(), path.name).facts
        assert facts["package.id"] == path.stem
        assert facts["candidates"] == "0"
        assert facts["chosen"] == facts["units"] != "0"
    for path in sorted((SAMPLES / "packages").glob("*/candidates.xlf")):
        facts = opened(path.read_bytes(), path.name).facts
        assert facts["package.id"] == path.parent.name
        assert int(facts["candidates"]) >= 2 * int(facts["units"]) > 0


def test_what_hides_beside_the_source_is_told() -> None:
    text = V12.format(original="TR-1")
    text = text.replace("<source>Guten Morgen</source>", "<source>kept elsewhere until noon</source>")
    text = text.replace(
        "<source>Zweitens</source>", "<source>Zweitens</source><seg-source>never said aloud</seg-source>"
    )
    said = opened(text.encode()).text("metadata")
    assert "kept elsewhere until noon" in said
    assert "never said aloud" in said


def test_too_much_text_is_told_and_what_was_read_stays() -> None:
    unit = "<trans-unit id='{0}'><source>some words that were said {0}</source></trans-unit>"
    body = "".join(unit.format(number) for number in range(40_000))
    data = f"<xliff version='1.2'><file original='TR-1'><body>{body}</body></file></xliff>".encode()
    result = opened(data, limits=Limits(text_mib=1))
    assert int(result.facts["units"]) > 10_000
    assert "1 MiB of text" in result.raised(LimitReached)


def test_one_endless_segment_is_cut_off() -> None:
    data = b"<xliff><file><body><trans-unit><source>" + b"word " * 1_000_000
    result = opened(data, limits=Limits(text_mib=1))
    assert "1 MiB of text" in result.raised(LimitReached)
    assert len(result.text("source")) > 500_000


def test_an_embedded_original_is_no_text() -> None:
    inner = base64.b64encode(bytes(range(256)) * 200).decode()
    text = V12.format(original="TR-1").replace(
        "<header>", f"<header><internal-file form='base64'>{inner}</internal-file>"
    )
    assert inner[60:120] not in opened(text.encode()).text("metadata")


@pytest.mark.parametrize("declared", ["utf-8", "us-ascii", "utf-16", "x-none-such"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251", "shift_jis"])
def test_wrongly_declared_encodings(encoding: str, declared: str) -> None:
    source = (
        "おはようございます、電話しています"
        if encoding == "shift_jis"
        else "доброе утро, я звоню вам по поводу второго счёта, который пришёл вчера вечером"
    )
    text = V12.format(original="TR-1").replace("UTF-8", declared).replace("Zweitens", source)
    assert units(text.encode(encoding), "x.xlf")[1].source == source


@given(st.binary(max_size=400), st.integers(0, 1200))
@settings(max_examples=200, deadline=None)
def test_damage_anywhere_is_only_told(noise: bytes, at: int) -> None:
    data = V12.format(original="TR-1").encode()
    opened(data[:at] + noise + data[at:], kind="application/x-xliff+xml")
