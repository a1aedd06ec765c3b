"""Letters spelled by their numbers are text in string tables of any tool."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.decoders.opening import opened

SAID = "請求書の件でお電話しました"


@pytest.mark.parametrize("spell", ["\\u{:04x}", "\\U{:04X}", "\\u{{{:x}}}", "&#x{:X};", "&#{};"])
def test_spelled_letters_are_read(spell: str) -> None:
    spelled = "".join(spell.format(ord(character)) for character in SAID)
    assert f"call.one={SAID}" in opened(f"# calls\ncall.one={spelled}\n".encode(), "calls.properties").text()


def test_lines_that_go_on_and_halves_of_pairs() -> None:
    text = "a=" + "\\u0430" * 9 + " \\ud83d\\ude00 \\\n    on and on\\ud800\n"
    assert "ааа 😀 on and on" in opened(text.encode(), "a.properties").text()


def test_a_few_of_them_are_source_code() -> None:
    assert len(opened(b'print("\\u00e9\\u00e8")\n' * 3, "a.py").views) == 1


@given(st.text(alphabet='\\u{}&#x;0dD8fF "=\n', max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_spelling_is_read_without_error(text: str) -> None:
    assert opened(("\\u0430" * 9 + text).encode(), kind="text/plain").errors == []
