import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.text_safety import has_hidden, visible

DANGEROUS = ("Cc", "Cf", "Cs", "Zl", "Zp")


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
        ("", ""),
    ],
)
def test_what_a_terminal_would_obey_is_spelled_out(text, shown):
    assert visible(text) == shown
    assert has_hidden(text) == (text != shown)


@given(text=st.text(st.characters(exclude_categories=()), max_size=50))
def test_nothing_dangerous_passes(text):
    shown = visible(text)
    assert not [char for char in shown if unicodedata.category(char) in DANGEROUS and ord(char) < 0x600]
    assert not [char for char in shown if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")]
    assert not any("\u2000" <= char <= "\u206f" and unicodedata.category(char) == "Cf" for char in shown)
    shown.encode()
    assert visible(shown) == shown
