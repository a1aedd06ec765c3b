"""JSON becomes text that can be stored: half of a surrogate pair is replaced, a whole one is its character."""

from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from forensics.formats.json_records import parse

SPELLED = st.sampled_from(["\\ud83d", "\\uD83D", "\\ude00", "\\uDE00", "\\\\", "\\u0041", "ud83d", "a", "😀"])


@given(st.lists(SPELLED, max_size=8).map("".join))
def test_halves_of_pairs_are_replaced_and_pairs_are_not(spelled: str) -> None:
    expected = re.sub("[\ud800-\udfff]", "\ufffd", json.loads(f'["{spelled}"]')[0])
    assert parse(f'["{spelled}"]') == [expected]
