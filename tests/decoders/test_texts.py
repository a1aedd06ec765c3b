"""Plain text, HTML, RTF, memories, catalogues and subtitles."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.config import Limits
from forensics.errors import LimitReached
from forensics.formats.text_encoding import encoding_of
from tests.decoders.opening import opened, units

WRITTEN = {
    "utf-8": "Zażółć gęślą jaźń, здравствуй",
    "utf-8-sig": "with a mark",
    "utf-16": "Привет, как дела?",
    "utf-16-le": "no mark but zeros",
    "cp1252": "Das hätte ich für Ihre Größe nicht gedacht, schöne Grüße",
    "cp1250": "Zażółć gęślą jaźń, czyli źdźbło trawy i ścieżka",
    "cp1251": "Привет, как твои дела сегодня? Мне нужно сказать тебе что-то важное.",
    "koi8_r": "Привет, как твои дела сегодня? Мне нужно сказать тебе что-то важное.",
    "cp1253": "Καλημέρα, θα ήθελα να σου πω κάτι σημαντικό για αύριο.",
    "cp1255": "שלום, רציתי להגיד לך משהו חשוב לגבי מחר בבוקר",
    "cp1256": "صباح الخير، أردت أن أقول لك شيئا مهما عن الغد",
    "cp932": "おはようございます。明日のことで大事な話があります。",
    "euc_jp": "おはようございます。明日のことで大事な話があります。",
    "gb18030": "早上好，我想告诉你一些关于明天的重要事情。",
    "big5": "早安，我想告訴你一些關於明天的重要事情。",
    "euc_kr": "안녕하세요, 내일에 대해 중요한 이야기가 있습니다.",
}


@pytest.mark.parametrize("encoding", sorted(WRITTEN))
def test_encodings_people_use(encoding: str) -> None:
    text = WRITTEN[encoding] + "\n"
    result = opened(text.encode(encoding), "letter.txt")
    assert result.text() == text


def test_long_text_is_cut_and_told() -> None:
    result = opened(b"some words again and again\n" * 60_000, limits=Limits(text_mib=1))
    assert len(result.text()) == 1 << 20
    assert "1 MiB" in result.raised(LimitReached)


@given(st.binary(max_size=300))
def test_encoding_of_any_bytes_decodes_them(data: bytes) -> None:
    encoding = encoding_of(data)
    assert encoding is None or isinstance(data.decode(encoding, "replace"), str)


def test_html() -> None:
    page = """<!DOCTYPE html><html><head><title>T</title><style>p{}</style>
    <script>var x = "<p>no</p>";</script></head>
    <body><p>Guten&nbsp;<b>Tag</b>, <i>Edit</i>or &amp; Co<br>next<!-- hidden -->
    <img alt="a picture"></p></body></html>"""
    text = opened(page.encode()).text()
    assert "Guten\xa0Tag, Editor & Co\nnext" in text
    assert "a picture" in text
    assert "no" not in text.replace("not", "")


def test_hostile_html_takes_no_time() -> None:
    for data in (b"<html>" + b"<" * 500_000, b"<html>" + b"<!--" * 200_000, b"<html>" + b"<script>" * 100_000):
        opened(data, kind="text/html")


def test_rtf() -> None:
    data = rb"{\rtf1\ansi\ansicpg1251{\fonttbl{\f0 Arial;}}\f0 Say \'ef\'f0\'e8\'e2\'e5\'f2 \u8364? {\b bold}\par next}"
    assert opened(data).text() == "Say привет € bold\nnext"


def test_tmx() -> None:
    data = b"""<?xml version="1.0"?><!DOCTYPE tmx SYSTEM "tmx14.dtd"><tmx version="1.4"><header srclang="en"
     creationid="EDITOR"><prop type="package">P-3</prop></header><body><tu tuid="c1"><prop type="x-media">c1.wav</prop>
     <tuv xml:lang="fr"><seg>Bonjour <bpt i="1">{b}</bpt>toi</seg></tuv><tuv xml:lang="en"><seg>Hello you</seg></tuv>
     <tuv xml:lang="fr"><seg>Salut</seg></tuv></tu></body></tmx>"""
    (unit,) = units(data)
    assert (unit.id, unit.source, unit.target, unit.candidates) == ("c1", "Hello you", "Bonjour toi", ("Salut",))
    assert (unit.audio, unit.package, unit.source_language, unit.target_language) == ("c1.wav", "P-3", "en", "fr")
    assert "EDITOR" in opened(data).text("metadata")


def test_po() -> None:
    data = """msgid ""
msgstr ""
"Language: fr\\n"
"X-Package: P-4\\n"

#. said in clips/one.wav
msgid "Hello"
" you"
msgstr "Bonjour"

#, fuzzy
msgctxt "two"
msgid "Bye"
msgstr "Salut"

#~ msgid "old words"
#~ msgstr "vieux mots"
"""
    first, second, third = units(data.encode())
    assert (first.id, first.source, first.target, first.audio) == ("one", "Hello you", "Bonjour", "clips/one.wav")
    assert (second.id, second.target, second.candidates, second.package) == ("two", "", ("Salut",), "P-4")
    assert third.target == "vieux mots"


@pytest.mark.parametrize(
    "data",
    [
        "1\n00:00:01,000 --> 00:00:02,000\nHello <i>you</i>\nthere\n\n2\n00:00:03,000 --> 00:00:04,000\nBye\n",
        "WEBVTT - x\n\nSTYLE\n::cue{}\n\na\n00:01.000 --> 00:02.000 align:start\n<v User2>Hello you\nthere\n\n"
        "00:03.000 --> 00:04.000\nBye",
    ],
)
def test_subtitles(data: str) -> None:
    assert [unit.source for unit in units(data.encode())] == ["Hello you there", "Bye"]


TYPES = ("text/plain", "text/html", "text/rtf", "application/x-tmx+xml", "text/x-gettext-translation", "text/vtt")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TYPES), st.text(alphabet="<>{}\\\"#:-=msgidtr 01\n\r/&;'éж", max_size=300))
def test_any_text_ends_in_a_report(kind: str, text: str) -> None:
    opened(text.encode(), kind=kind)


def test_a_memory_of_several_languages_pairs_each_with_the_source() -> None:
    variants = "".join(
        f"<tuv xml:lang='{language}'><seg>{text}</seg></tuv>"
        for language, text in (("en", "Hello"), ("fr", "Bonjour"), ("de", "Guten Tag"), ("fr", "Salut"))
    )
    found = units(f"<tmx><header srclang='en'/><body><tu tuid='c1'>{variants}</tu></body></tmx>".encode())
    assert [(unit.target_language, unit.target, unit.candidates) for unit in found] == [
        ("fr", "Bonjour", ("Salut",)),
        ("de", "Guten Tag", ()),
    ]
