"""Traces in texts: written, spoken, in other scripts; and the numbers of ordinary speech, which are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.content import Content
from forensics.deidentification.carriers import carried, text_in
from forensics.deidentification.spoken import respell
from forensics.deidentification.traces import author_traces, spaced, traces
from forensics.formats.exif import exif


def kinds(text: str, *, is_said: bool = True) -> list[str]:
    return [each.kind for each in traces(text, {}, is_said=is_said)]


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("three five six nine, double three eight", "3569338"),
        ("null vier neun, drei null", "04930"),
        ("einundzwanzig dreiundvierzig fünfundsechzig", "214365"),
        ("zéro six douze trente-quatre cinquante-six soixante-dix-huit", "0612345678"),
        ("quatre-vingt-dix-sept zéro zéro un", "97001"),
        ("seis uno dos tres cuatro", "61234"),
        ("um dois três quatro meia", "12346"),
        ("plus four four two oh seven", "+44207"),
    ],
)
def test_numbers_are_respelt_in_five_languages(said: str, digits: str) -> None:
    respelt = respell(f"so {said}, okay")
    assert respelt is not None
    assert respelt.text == f"so {digits}, okay"


@pytest.mark.parametrize(
    "text",
    [
        "one, two, three, four, five, six, seven, eight, nine, ten",
        "I have one or two, and six or seven of them",
        "zehn neun acht sieben sechs fünf vier drei zwei eins null",
        "from ten to twenty past eleven, or at half past twelve",
        "It cost 1,234.56 in 2024, order 4711089912, take 3",
        "deux mille vingt-quatre, le trente et un décembre",
        "https://host/a@b and version 1.2.3.4 at 10:12:11.123456",
        "0.123456, 0.654321 and 12.345 67.891",
    ],
)
def test_what_people_say_with_numbers_is_no_trace(text: str) -> None:
    assert kinds(text) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("call +49 30 901820", "phone"),
        ("Telefon: 030/901820", "phone"),
        ("three five six nine three eight zero three five six four three eight oh nine", "imei"),
        ("zero one seven one five five oh three two eight", "phone"),
        ("imei ٣٥٦٩٣٨٠٣٥٦٤٣٨٠٩", "imei"),
        ("+52.5200+013.4050/", "gps"),
        ("52° 31' 12\" N", "gps"),
        ("GB82 WEST 1234 5698 7654 32", "iban"),
        ("write to ines.k@web-host.co.uk please", "email"),
        ("the serial number is F2LXK9Q1ABC", "serial"),
    ],
)
def test_each_kind_is_found(text: str, kind: str) -> None:
    assert kind in kinds(text)


def test_names_stand_in_fields_for_authors_only() -> None:
    text = (
        "dc:creator: Ines Kramer\ntitle: Ines Kramer\nencoded_by: Lavf60.3\nowner: root\nlastModifiedBy: MT tool 4.2\n"
    )
    assert [(each.field, each.line) for each in author_traces(text)] == [("dc:creator", 1)]


def test_a_number_in_a_name_stands_alone() -> None:
    assert kinds(spaced("IMEI356938035643809_take2.wav"), is_said=False) == ["imei"]


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    for each in traces(text, {}, is_said=True):
        assert 0 <= each.start <= len(text)
    list(author_traces(text))


@given(
    st.binary(max_size=400), st.sampled_from(["image/jpeg", "image/png", "image/webp", "image/tiff", "audio/wav", ""])
)
def test_any_bytes_are_carriers_or_not(data: bytes, kind: str) -> None:
    head = {"image/jpeg": b"\xff\xd8", "image/png": b"\x89PNG\r\n\x1a\n", "image/tiff": b"II*\0", "": b"PK\x05\x06"}
    list(carried(Content.of(head.get(kind, b"") + data), kind or "application/zip"))
    list(exif(data))
    list(exif(b"II*\0\x08\0\0\0" + data))
    text_in(data)
