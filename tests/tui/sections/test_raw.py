"""Evidence as JSON on the screen: whole where it is short, harmless whatever it holds, cut where it is long."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.tui.night_shift import HOSTILE
from tui.formatting import Safe, hung
from tui.sections.raw import MOST_LINES, raw

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text(max_size=8), inner, max_size=6),
    max_leaves=40,
)


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=6))
def test_what_is_short_is_the_very_json(value: dict[str, object]) -> None:
    first, *rest = hung(raw(value, Safe("earwitness show A1 --json")), 100_000).plain.split("\n")
    assert first == "whole: earwitness show A1 --json"
    assert json.loads("".join(rest)) == value


def test_names_are_harmless_and_what_is_long_is_cut() -> None:
    codes = ["0123456789abcdef"] * 5000
    told = {HOSTILE: HOSTILE, "codes": codes, "matches": [{"rule": HOSTILE, "why": [{"at": at}]} for at in range(3000)]}
    lines = hung(raw(told, Safe("c")), 78).plain.splitlines()
    assert lines[-1] == "and more"
    assert len(raw(told, Safe("c"))) == MOST_LINES + 2
    assert "5,000 in all" in " ".join(lines)
    assert not set("\x1b\x07\x9b\u202e") & set("".join(lines))
