"""Words for times, sizes, people and places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.text_safety import has_hidden
from tui import wording

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-9, "now"), (4, "now"), (29, "25s"), (61, "1m"), (7200, "2h"), (170_000, "47h"), (172_800, "2d"), (1e9, "old")],
)
def test_age_takes_four_columns_at_most(seconds: float, words: str) -> None:
    assert wording.age(seconds) == words


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_any_number_is_a_moment(time: float) -> None:
    assert wording.moment(time)


def test_sizes_amounts_and_spans() -> None:
    assert [wording.size(count) for count in (0, 1023, 1024, 1 << 20, -1)] == [
        "0 B",
        "1023 B",
        "1.0 KiB",
        "1.0 MiB",
        "size unknown",
    ]
    assert [wording.amount(count, "gap") for count in (0, 1, 2000)] == ["0 gaps", "1 gap", "2,000 gaps"]
    assert [wording.length(seconds) for seconds in (0, 60, 1800, 86_400)] == ["a moment", "60 s", "30 min", "24 h"]
    assert wording.span(0.8, 4.8) == "0.8–5.6 s"


@given(ANY_TEXT)
def test_places_people_and_items_are_harmless(text: str) -> None:
    for uri in (text, f"http://{text}/%1b%5d%e2%80%ae", f"file:///{text}", f"smtp://{text}:25/a@b"):
        assert not has_hidden(wording.place(uri))
    assert not has_hidden(wording.person(text, text))
    assert not has_hidden(wording.items((f"item:{text}", f"package:{text}", text)))


def test_places_are_read_without_ceremony() -> None:
    assert wording.place("file:///media/stick/a%20b.wav") == "/media/stick/a b.wav"
    assert wording.place("http://drop.example:8080/in/x.zip") == "drop.example:8080/in/x.zip"
    assert wording.place("https://drop.example/") == "drop.example"
    assert wording.place("file:///a%1b%5d52") == "/a<001B>]52"
    assert wording.place("http://[broken") == "http://[broken"


def test_items_name_clips_first_and_digests_only_alone() -> None:
    assert wording.items(("package:P", "item:C-1", "sha256:" + "a" * 64)) == "clip C-1, package P"
    assert wording.items(("sha256:" + "ab" * 32,)) == "sha256 abababababab"
