"""Makes the pictures of the README from the real console over the fixed night: `python tests/tui/picture.py`."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from textual.pilot import Pilot

from tests.tui import night_shift, real_leak
from tests.tui.watching import shows
from tui.app import TuiApp

FOLDER = Path(__file__).resolve().parents[2] / "tui"
PICTURES: dict[str, tuple[Sequence[str], tuple[int, int]]] = {
    "queue.svg": (("i", "j", "j"), (112, 30)),
    "detail.svg": (("i", "j", "j", "enter"), (112, 36)),
    "timeline.svg": (("4",), (112, 24)),
}


async def draw(store: Path, keys: Sequence[str], size: tuple[int, int]) -> str:
    """The screen as SVG after the keys were pressed."""
    app = TuiApp(store, actor="desk", now=lambda: night_shift.NOW)
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "Clip C-012 by mail")
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.1)
        await shows(pilot, "TR-2026-014")
        return await _svg(pilot)


async def draw_sound(store: Path, leak: Path) -> str:
    """The page of a clip that was heard, with what left above what was issued."""
    app = TuiApp(store, actor="desk", now=lambda: night_shift.NOW)
    async with app.run_test(size=(112, 40)) as pilot:
        await shows(pilot, "Clip TR-2041-c01 to a removable medium", "following")
        await pilot.press("i", "enter", "U")
        await shows(pilot, "marked: bits differ")
        await pilot.press("f", *f"{leak} {real_leak.CLIP}", "enter")
        await shows(pilot, "the registered file itself, by its digest")
        return await _svg(pilot)


async def _svg(pilot: Pilot[None]) -> str:
    await pilot.pause(0.3)
    return re.sub(r"terminal-\d+-", "terminal-", pilot.app.export_screenshot(title="earwitness"))


def main() -> None:
    """Write every picture."""
    with tempfile.TemporaryDirectory() as folder:
        night_shift.write(Path(folder, "night"))
        for name, (keys, size) in PICTURES.items():
            (FOLDER / name).write_text(asyncio.run(draw(Path(folder, "night"), keys, size)))
        leak = Path(folder, "holiday.ogg")
        real_leak.write(Path(folder, "leak"), leak)
        (FOLDER / "sound.svg").write_text(asyncio.run(draw_sound(Path(folder, "leak"), leak)))


if __name__ == "__main__":
    main()
