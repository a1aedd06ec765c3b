"""What terminals say of themselves, and how it is understood."""

import pytest

from tui.pixels.ability import Ability, understood

XTERM = b"\x1b[6;18;9t\x1b[?64;1;2;4;6;9;15;18;21;22c"
KITTY = b"\x1b_Gi=31;OK\x1b\\\x1b[6;17;7t\x1b[?62;c"
PLAIN = b"\x1b[?1;2c"


@pytest.mark.parametrize(
    ("answer", "wish", "cell", "meant"),
    [
        (XTERM, "auto", (0, 0), Ability(kind="sixel", cell=(9, 18))),
        (XTERM, "auto", (8, 16), Ability(kind="sixel", cell=(8, 16))),
        (XTERM, "kitty", (0, 0), Ability(kind="kitty", cell=(9, 18))),
        (b"\x1b[?62;4c", "auto", (0, 0), Ability()),  # nobody knows how large a cell is
        (b"\x1b[6;9999;9t\x1b[?62;4c", "auto", (0, 0), Ability()),
        (b"\x1b[?62;14;40c", "auto", (8, 16), Ability()),
        (KITTY, "auto", (0, 0), Ability(kind="kitty", cell=(7, 17))),
        (KITTY, "sixel", (0, 0), Ability(kind="sixel", cell=(7, 17))),
        (b"\x1b_Gi=31;ENOTSUPPORTED:no\x1b\\" + PLAIN, "auto", (8, 16), Ability()),
        (PLAIN, "auto", (8, 16), Ability()),
        (b"", "auto", (8, 16), Ability()),
        (b"", "sixel", (8, 16), Ability(kind="sixel", cell=(8, 16))),
    ],
)
def test_answers(answer: bytes, wish: str, cell: tuple[int, int], meant: Ability) -> None:
    assert understood(answer, wish, cell) == meant
