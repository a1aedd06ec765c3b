"""Makes the pictures of the README from the real console over the fixed night: `python tests/tui/picture.py`."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.tui import night_shift
from tests.tui.watching import shows
from tui.app import TuiApp

FOLDER = Path(__file__).resolve().parents[2] / "tui"
PICTURES: dict[str, tuple[Sequence[str], tuple[int, int]]] = {
    "queue.svg": (("i", "j", "j"), (112, 30)),
    "detail.svg": (("i", "j", "j", "enter"), (112, 36)),
    "timeline.svg": (("4",), (112, 24)),
    "sound.svg": (("i", "j", "enter", "U"), (112, 30)),
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
        await pilot.pause(0.3)
        return re.sub(r"terminal-\d+-", "terminal-", app.export_screenshot(title="earwitness"))


def main() -> None:
    """Write every picture."""
    with tempfile.TemporaryDirectory() as folder:
        night_shift.write(Path(folder))
        for name, (keys, size) in PICTURES.items():
            (FOLDER / name).write_text(asyncio.run(draw(Path(folder), keys, size)))


if __name__ == "__main__":
    main()
