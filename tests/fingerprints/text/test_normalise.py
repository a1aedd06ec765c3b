import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.fingerprints.text.normalise import normal_form, spans, tokens


def forms(text: str) -> list[str]:
    return [form for form in map(normal_form, tokens(text)) if form]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Naïve café", "NAIVE CAFE"),
        ("don't", "dont"),
        ("trans-\n  lation", "translation"),
        ("trans\u00ad\nlation", "translation"),
        ("sec\u200bret \u202ewords", "secret words"),
        ("раssроrt", "passport"),  # Cyrillic look-alikes
        ("Ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        ("𝓼𝓬𝓻𝓲𝓹𝓽", "script"),
        ("he11o w0rld", "hello world"),
        ("Straße", "STRASSE"),
        ("ｶﾞｷﾞ", "ガギ"),
        ("snake_case, (words)!", "snake case words"),
    ],
)
def test_what_looks_alike_reads_alike(one: str, other: str) -> None:
    assert forms(one) == forms(other)


def test_scripts_without_spaces_are_cut_into_characters() -> None:
    assert forms("我昨天, 2024年 ok") == ["我", "昨", "天", "2024", "年", "ok"]
    assert len(forms("สวัสดี")) == len("สวัสดี")
    assert forms("मुझे मदद चाहिए") == [
        *(unicodedata.normalize("NFKD", word) for word in ("मुझे", "मदद", "चाहिए")),
    ]


@given(st.text())
def test_any_text_is_cut_without_error(text: str) -> None:
    found = tokens(text)
    places = list(spans(text))
    assert [text[first:last] for first, last in places] == found
    for form in map(normal_form, found):
        assert normal_form(form) == form


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_is_cut_as_any_other_text(text: str) -> None:
    assert tokens(text) == [token for token in tokens(text + " é") if token != "é"]
