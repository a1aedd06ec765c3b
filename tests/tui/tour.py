"""Goes through the whole console by key, over a store of hostile names, and keeps all that it writes."""

from __future__ import annotations

from tests.tui.pseudo_terminal import Terminal

QUIET_S = 0.05
PAGE_S = 2.0
ESCAPE_S = 0.15
"""What comes sooner after an escape makes one key with it."""
AROUND = (15, 6)
"""Lines of the queue that are no rows: where there is a glance at the row under the cursor, and where there is none."""
SCREENS = (
    *("6", " ", "b", "f", "f"),
    *("8", "jj", "\r", "jj", "p", "\x1b", "n", "\x1b", "\x1b"),
    *("4", "jjj", "l", "+", "x", "-", "/", "x\r", "\x1b"),
    *("5", "jj", "\r", "\x1b"),
    *("7", "j", "G", "s", "j", "\r", "\x1b"),
    *("3", "EVIL\r", "jj", "\r", "  ", "\x1b", "\x1b", "\x1b"),
    *("1", "\x10", "que", "\x1b", "?", " ", "\x1b"),
)
"""Every other screen, with what opens in it."""
DECISIONS = ("c", "\t", "x\x1b", "e", "\x1b", "x", "\x1b", "m", "\x1b", "o", "u")


def settle(console: Terminal, keys: str, patience_s: float = 0.5) -> None:
    """Press, and collect what is drawn until nothing more is."""
    console.press(keys)
    if keys.endswith("\x1b"):
        console.watch(ESCAPE_S)
    console.collect(patience_s)
    while console.collect(QUIET_S):
        pass


def walk(console: Terminal, *, alerts: int, lines: int, details: int) -> None:
    """So many alerts in the list, some of them page by page, the decisions, every other screen."""
    console.wait_for(b"following")
    settle(console, "j")
    settle(console, "\r")
    settle(console, "\x1b")
    settle(console, "i")
    settle(console, "sss")
    for _ in range(alerts * 6 // 5 // (lines - AROUND[lines < 30]) + 2):
        settle(console, "\x06", PAGE_S)
    settle(console, "g")
    settle(console, "\r")
    for _ in range(details):
        settle(console, "\t")
        settle(console, "n")
    settle(console, "\x1b")
    for keys in (*DECISIONS, *SCREENS):
        settle(console, keys)
