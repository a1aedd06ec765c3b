"""The console in a real terminal: no byte of a hostile name reaches it as anything but harmless text."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.tui import hostile, hostile_store, strict, tour
from tests.tui.pseudo_terminal import terminal
from tui.formatting import safe

NAMES = 120
"""The first forms of every class, in turn."""
DANGEROUS = [
    name
    for kind in ("C0 and DEL", "C1", "CSI", "OSC and other strings", "bidi", "zero width", "tags", "undecodable")
    for name in hostile.CLASSES[kind]
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


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), pytest.param(200, 60, marks=pytest.mark.slow)])
def test_hostile_names_are_only_ever_text(tmp_path: Path, columns: int, lines: int) -> None:
    count = hostile_store.write(tmp_path, hostile.names(NAMES))
    with terminal(console_of(tmp_path), columns=columns, lines=lines) as console:
        tour.walk(console, alerts=count, lines=lines, details=6)
        assert console.leave() == 0
    assert strict.leaks(console.seen, columns=columns, lines=lines) == []
    shown = strict.OWN.sub(b"", console.seen).decode()
    assert "Traceback" not in shown
    drawn = sum(safe(name).strip()[:8] in shown for name in hostile.names(NAMES))
    assert drawn > NAMES / 2, "a busy machine leaves pages out, but the tour was not made"


def test_what_a_terminal_would_obey_is_told() -> None:
    told = [strict.leaks(name.encode("utf-8", "surrogatepass"), columns=80, lines=24) for name in DANGEROUS]
    assert all(told), [name for name, leaks in zip(DANGEROUS, told, strict=True) if not leaks]


@pytest.mark.slow
def test_a_newcomer_sees_the_demo_and_comes_back(tmp_path: Path) -> None:
    with terminal(console_of(tmp_path), columns=80, lines=24) as console:
        console.wait_for(b"d demo")
        console.press("d")
        console.wait_for(b"TR-2042 by HTTP")
        console.press("q")
        console.wait_for(b"Enter goes back")
        console.press("\r")
        console.wait_for(b"d demo")
        assert console.leave() == 0
