"""Every screen over the fixed night, as it looks at 80x24 and at 120x40.

After a wished change: `pytest tests/tui/test_screens.py --snapshot-update`, and look at the pictures before
committing them.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from forensics.rulebook.measured import RuleFigures, write
from tests.tui import night_shift
from tests.tui.test_costing import BENCH
from tests.tui.watching import shows
from tui import costing
from tui.app import TuiApp

RECORDED_WITH = "8.2"
SIZES = ((80, 24), (120, 40))
WALKS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "incidents": ((), ("Clip C-012 by mail",)),
    "alerts": (("i", "j", "j", "s", "s", "s"), ("Alerts  all", "Text C-007:candidate-2")),
    "incident": (("j", "j", "enter"), ("Lineage", "as issued")),
    "detail": (("i", "j", "j", "enter"), ("What happened", "TR-2026-014")),
    "detail_inside": (("i", "j", "j", "enter", "I"), ("What was inside", "notes.7z")),
    "detail_raw": (("i", "j", "j", "enter", "J"), ("As JSON", '"kind": "alert"')),
    "sound": (("i", "j", "enter", "U"), ("How it was heard", "of bits agree", "heard at")),
    "search": (("3", *"clip:C-001", "enter"), ("3 hits", "told apart: all 3")),
    "search_facets": (("3", "escape", "f", "j"), ("WHICH OF THEM", "severity")),
    "sensors": (("6",), ("network:eth0", "ring file 88")),
    "timeline": (("4",), ("6 alerts of 7 sightings", "2 clips of TR-2026-014 by HTTP")),
    "timeline_gap": (("4", "x", "minus", "k"), ("by workstation", "20 min a column", "1 gap", "following")),
    "help": (("question_mark",), ("Lists", "Next row")),
    "close": (("j", "j", "c", "1"), ("Close incident I3",)),
    "suppress": (("j", "j", "x"), ("Raise no alert on", "destination", "esc nothing")),
}
Compare = Callable[..., bool]

pytestmark = pytest.mark.skipif(
    not version("textual").startswith(RECORDED_WITH + "."),
    reason=f"the pictures were made with textual {RECORDED_WITH}, which draws some borders its own way",
)


def walk(keys: Sequence[str], words: Sequence[str]) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Press the keys once the queue shows, and wait for the words."""

    async def steps(pilot: Pilot[None]) -> None:
        await shows(pilot, "Clip C-012 by mail", "following")
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.05)
        await shows(pilot, *words)
        await pilot.pause(0.3)

    return steps


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("screen", WALKS)
def test_looks(snap_compare: Compare, night: Path, screen: str, size: tuple[int, int]) -> None:
    app = TuiApp(night, actor="desk", now=lambda: night_shift.NOW)
    assert snap_compare(app, terminal_size=size, run_before=walk(*WALKS[screen]))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_looks_without_a_store(snap_compare: Compare, size: tuple[int, int]) -> None:
    async def led(pilot: Pilot[None]) -> None:
        await shows(pilot, "earwitness demo", "no store yet")

    app = TuiApp(Path("/nowhere/earwitness"), actor="desk", is_observer=True, now=lambda: night_shift.NOW)
    assert snap_compare(app, terminal_size=size, run_before=led)


PACK = """rule {name}
{{
    meta:
        id = "{id}"
        title = "{title}"
        description = "For the picture."
        severity = "{severity}"
        category = "package"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = {version}
        status = "{status}"
        scope = "raw"
    strings:
        $word = "{name}"
    condition:
        $word
}}

"""


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_looks_of_rules(snap_compare: Compare, night: Path, tmp_path: Path, size: tuple[int, int]) -> None:
    rules = [
        ("masked", "OUR-EVA-MASKED-AUDIO", "Audio whose bytes are masked", "high", 3, "active"),
        ("guidelines", "OUR-DOC-GUIDELINES", "Guidelines of the review programme", "medium", 1, "active"),
        ("tool", "OUR-SCR-WORK-TOOL", "A picture of the tool of the work", "low", 2, "draft"),
    ]
    names = ("name", "id", "title", "severity", "version", "status")
    (tmp_path / "yara").mkdir()
    (tmp_path / "pack.toml").write_text('id = "ours"\nname = "Ours"\nversion = "1.0.0"\n')
    text = "".join(PACK.format(**dict(zip(names, rule, strict=True))) for rule in rules)
    (tmp_path / "yara/ours.yar").write_text(text)
    figures = {
        "OUR-EVA-MASKED-AUDIO": RuleFigures(version=3, ms_per_mib=4.28, ratio=3.8, hits=0, at_most=0.0188),
        "OUR-DOC-GUIDELINES": RuleFigures(version=1, ms_per_mib=0.83, ratio=0.7, hits=2, at_most=0.0357),
        "OUR-SCR-WORK-TOOL": RuleFigures(version=1, ms_per_mib=12.3, ratio=11.0, hits=0, at_most=0.0188),
    }
    write(night / costing.NAME, replace(BENCH, rules=figures))
    os.utime(night / costing.NAME, (night_shift.NOW - 7200, night_shift.NOW - 7200))
    app = TuiApp(night, actor="desk", now=lambda: night_shift.NOW, packs=[tmp_path])
    assert snap_compare(app, terminal_size=size, run_before=walk(("5", "j"), ("3 rules in 1 pack", "4.28")))
