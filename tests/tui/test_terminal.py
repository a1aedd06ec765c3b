"""The console in a real terminal: no byte of a hostile name reaches it as anything but harmless text."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from forensics.store.writer import Store
from forensics.text_safety import has_hidden
from tests.tui import night_shift
from tests.tui.night_shift import CLEAR
from tests.tui.pseudo_terminal import OWN, terminal

NASTY = (
    "clip\x1b]52;c;RVZJTA==\x07.wav",
    "clip\x1b[2J\x1b[31;7mEVIL.wav",
    "clip\x9b31mEVIL.wav",
    "clip\u202egpj.wav",
    "[@click=app.quit]x[/]",
    "a[/b].wav",
    "rep[/",
    "[bold red]EVIL[/bold red][link=http://evil.example]here",
    "\x1b]0;EVIL\x07\x1bP1;1|EVIL\x1b\\\x1b_EVIL\x1b\\",
    "tab\tline\nfeed\rreturn\x08\x7f",
    "zal" + "\u0301\u0336\u20dd" * 400,
    "クリップ録音" * 30,
    "👩\u200d👩\u200d👧\ufe0f.wav",
    "\ud83d\udc80lone surrogates\udcff.wav",
    "x" * 100_000,
    "\u2066isolated\u2069 \u2028line \ufeffbom \u00adsoft",
    "",
)
HIDDEN = [
    chr(point) for point in (*range(32), *range(0x7F, 0xA0), 0xAD, *range(0x200B, 0x2010), *range(0x2028, 0x202F))
]
CONSOLE = """
import sys
from pathlib import Path
from tests.tui import night_shift
from tui.app import TuiApp
TuiApp(Path(sys.argv[1]), actor="desk\\x1b[31mEVIL\\u202e", now=lambda: night_shift.NOW).run()
"""


def console_of(store: Path) -> tuple[str, ...]:
    return sys.executable, "-c", CONSOLE, str(store)


def test_hostile_names_are_only_ever_text(tmp_path: Path) -> None:
    with Store.open(tmp_path, actor="watch\x1b[31mEVIL", clock=lambda: night_shift.NOW, privacy=CLEAR) as store:
        for number, character in enumerate(HIDDEN):
            night_shift.record(store, f"h{number}", night_shift.hostile_act(f"{number:03d}{character}x", f"h{number}"))
        for number, name in enumerate(NASTY):
            night_shift.record(store, f"n{number}", night_shift.hostile_act(name, f"n{number}"))
    with terminal(console_of(tmp_path)) as console:
        console.wait_for(b"following")
        console.press("i")
        console.wait_for(b"Alerts")
        for _ in range(6):
            console.press(" ")
            console.wait_for(b"<00")
        console.press("g")
        console.wait_for(b"following")
        console.press("\r")
        console.wait_for(b"What happened")
        newest = len(HIDDEN) + len(NASTY)
        for number in range(newest - 1, newest - len(NASTY), -1):
            console.press("   n")
            console.wait_for(f"A{number} ".encode())
        console.press("\x1b")
        console.wait_for(b"Alerts")
        console.press("3")
        console.wait_for(b"hits, newest first")
        console.press("nothing\r")
        console.wait_for(b"no evidence fits")
        console.press("6")
        console.wait_for(b"No monitor has reported")
        console.press("4")
        console.wait_for(b"by contractor")
        for keys, words in (
            ("j" * 9, b"alert"),
            ("   x", b"by workstation"),
            ("-", b"20 min a column"),
            ("/", b"user:rv17"),
            ("clip\r", b"filtered"),
        ):
            console.press(keys)
            console.wait_for(words)
        assert console.leave() == 0
        assert_harmless(console.seen)


def assert_harmless(written: bytes) -> None:
    assert b"\x1b]52" not in written, "the clipboard was written"
    assert b"EVIL\x07" not in written
    assert not re.search(rb"\x1b\[(31|31;7)m", written), "a name coloured the terminal"
    assert not re.search(rb"\x1b[\]P_][^\x07\x1b]*EVIL", written), "a name became a sequence"
    rest = OWN.sub(b"", written).decode("utf-8")
    rest = rest.replace("\r", "").replace("\n", "").replace("\x0f", "")
    found = sorted({f"U+{ord(character):04X}" for character in rest if has_hidden(character)})
    assert not found, f"control or bidi characters reached the terminal: {found}"
    for word in ("clip<202E>gpj.wav", "[@click=app.quit]x[/]", "<009B>31mEVIL"):
        assert word in rest, f"{word} was never shown"
