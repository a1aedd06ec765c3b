"""The list of passwords of a case."""

from __future__ import annotations

from itertools import count

from forensics.formats.passwords import Passwords


def test_words_are_tried_in_order_and_those_that_fitted_first() -> None:
    passwords = Passwords(["a", "", "b", "c"], seconds=9)
    assert [(each.number, each.word) for each in passwords.tries()] == [(1, "a"), (3, "b"), (4, "c")]
    passwords.keep(next(each for each in passwords.tries() if each.word == "b"))
    assert next(passwords.tries()).number == 3
    assert passwords.refusal() == "none of 3 passwords fits"


def test_tries_end_with_the_time_but_what_fitted_is_tried_still() -> None:
    seconds = count()
    passwords = Passwords(["a", "b", "c"], seconds=1.5, clock=lambda: float(next(seconds)))
    tried = list(passwords.tries())
    assert [each.word for each in tried] == ["a", "b"]
    assert passwords.refusal() == "the time was up before all 3 passwords were tried"
    passwords.keep(tried[0])
    assert [each.word for each in passwords.tries()] == ["a"]


def test_no_list_says_nothing_and_no_word_is_shown() -> None:
    assert Passwords().refusal() == ""
    assert "geheim" not in repr(next(Passwords(["geheim"], seconds=1).tries()))


def test_a_word_is_spelt_as_systems_did() -> None:
    (umlaut,) = Passwords(["ü"], seconds=1).tries()
    assert umlaut.spellings == (b"\xc3\xbc", b"\xfc", b"\x81")
    (plain,) = Passwords(["abc"], seconds=1).tries()
    assert plain.spellings == (b"abc",)
