"""Text of HTML: broken markup costs nothing but itself, however long it is and wherever it is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.errors import TimedOut
from forensics.formats.markup_text import TAGS_AT_ONCE, text_of_markup

FRAGMENTS = ("<p>", "</p>", "<b>", "<!-- x -->", "<!--", "<script>x<y", "</SCRIPT>", "<", ">", "&lt;", "<?x?>", "<a")


def text(markup: str) -> str:
    return "".join(text_of_markup(markup, lambda: None))


def test_what_is_seen_and_what_attributes_say() -> None:
    markup = "<title>A</title><p>one <b>two</b></p><script>a<b</script><img alt=\"a &amp; b\"><a title='c'>d</a> 1 < 2"
    assert text(markup).split() == ["A", "one", "two", "d", "1", "<", "2", "a", "&", "b", "c"]


def test_more_tags_than_are_looked_at_at_once() -> None:
    markup = "<i>word</i> " * (3 * TAGS_AT_ONCE // 2)
    assert text(markup) == "word " * (3 * TAGS_AT_ONCE // 2)


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12))
def test_any_markup_ends(parts: list[str]) -> None:
    text("".join(parts))


def test_what_came_before_the_time_ran_out_is_kept() -> None:
    def stop() -> None:
        raise TimedOut("not finished")

    pieces = text_of_markup("<p>early</p>" * (2 * TAGS_AT_ONCE), stop)
    assert "early" in next(pieces)
    with pytest.raises(TimedOut):
        next(pieces)


@pytest.mark.parametrize("part", ["<a", "a", "<a ", "<!--", "< ", "<a=", "</", "&"])
def test_what_never_ends_is_read_once(part: str) -> None:
    assert text("<p>early</p><" + part * 60_000).startswith("\nearly\n")
