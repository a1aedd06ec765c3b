import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.text_safety import has_hidden, visible

DANGEROUS = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("clip.wav", "clip.wav"),
        ("clip\u202egpj.wav", "clip<202E>gpj.wav"),
        ("\x1b]52;c;aGk=\x07", "<001B>]52;c;aGk=<0007>"),
        ("a\tb\nc\r", "a<0009>b<000A>c<000D>"),
        ("\x9b2J\x7f", "<009B>2J<007F>"),
        ("a\u200bb\u00adc\ufeff", "a<200B>b<00AD>c<FEFF>"),
        ("\u2028\u2029", "<2028><2029>"),
        ("\U000e0041\udcff", "<E0041><DCFF>"),
        ("Menü メニュー меню قائمة 菜单 हिन्दी 🎧", "Menü メニュー меню قائمة 菜单 हिन्दी 🎧"),
        ("[@click=app.quit]x[/]", "[@click=app.quit]x[/]"),
        ("1\ufe0f❤\ufe0f", "1\ufe0f❤\ufe0f"),
        ("a\ufe0f\ufe0f\ufe01\U000e0100", "a\ufe0f<FE0F><FE01><E0100>"),
        ("\ue0b0\u2800\ufdd0\U0010ffff", "<E0B0><2800><FDD0><10FFFF>"),
        ("", ""),
    ],
)
def test_what_a_terminal_would_obey_is_spelled_out(text, shown):
    assert visible(text) == shown
    assert has_hidden(text) == (text != shown)


@given(text=st.text(st.characters(exclude_categories=()), max_size=50))
def test_nothing_dangerous_passes(text):
    shown = visible(text)
    assert not [char for char in shown if unicodedata.category(char) in DANGEROUS]
    shown.encode()
    assert visible(shown) == shown


def test_every_character_that_is_not_drawn_is_spelled_out():
    passed = [f"{point:04X}" for point in range(0x110000) if (char := chr(point)) == visible(char) and is_unseen(char)]
    assert passed == []


def is_unseen(char):
    is_no_character = ord(char) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(char) <= 0xFDEF
    return unicodedata.category(char) in DANGEROUS or is_no_character
