"""Spectrograms in pixels: in a terminal that says it takes them, and in a real one that draws them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tui import real_leak, strict
from tests.tui.pixels.test_encoding import sixels_read
from tests.tui.pseudo_terminal import Terminal, terminal

COLUMNS, LINES = 112, 40
XTERM = b"\x1b[6;18;9t\x1b[?64;1;2;4;6;22c"
KITTY = b"\x1b_Gi=31;OK\x1b\\\x1b[6;17;7t\x1b[?62;c"
SIXEL = re.compile(r"\x1bP0;1q.*?\x1b\\")
IMAGE = re.compile(r"\x1b_Ga=(T|d)[^;\x1b]*i=(\d+)")
PLACE = r"\x1b7\x1b\[(\d+);(\d+)H"


@pytest.fixture(scope="module")
def leak(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("leak")
    real_leak.write(folder / "store", folder / "holiday.ogg")
    return folder / "store", folder / "holiday.ogg"


def compare(console: Terminal, file: Path) -> None:
    """From the queue to the page on which what left and what was issued are drawn."""
    console.wait_for(b"following")
    console.press("i\r")
    console.wait_for(b"What happened")
    console.press("U")
    console.wait_for(b"marked: bits differ")
    console.press(f"f{file} {real_leak.CLIP}\r")
    console.wait_for(b"the registered file itself")


def test_a_terminal_that_says_it_draws_sixels_gets_them(leak: tuple[Path, Path]) -> None:
    command = (sys.executable, "-m", "forensics.cli", "--store", str(leak[0]), "tui")
    with terminal(command, columns=COLUMNS, lines=LINES, answer=XTERM) as console:
        compare(console, leak[1])
        console.wait_for_bytes(b"\x1b\\\x1b8", since=len(console.seen) - 1)
        console.watch(0.5)
        before = len(console.seen)
        console.press("?")
        console.wait_for(b"Page: how a clip was heard")
        assert not SIXEL.search(console.seen[before:].decode()), "nothing is laid over a dialog"
        console.press("\x1b")
        console.wait_for_bytes(b"\x1b\\\x1b8")
        assert console.leave() == 0
    assert strict.leaks(strict.without_pixels(console.seen), columns=COLUMNS, lines=LINES) == []
    drawn = {said[1:]: said[0] for said in re.findall(f"({PLACE})({SIXEL.pattern})", console.seen.decode())}
    assert len({place[:2] for place in drawn}) == 2, "what left and what was issued, each in one place"
    for *_, data in drawn:
        pixels, registers = sixels_read(data)
        assert pixels.shape == (8 * 18, 77 * 9), "eight lines high, as wide as between label and figure"
        assert len(registers) > 16, "more shades than half blocks have"
        assert (pixels >= 0).all()


def test_a_terminal_of_kitty_s_protocol_gets_images_and_is_told_to_forget_them(leak: tuple[Path, Path]) -> None:
    command = (sys.executable, "-m", "forensics.cli", "--store", str(leak[0]), "tui")
    with terminal(command, columns=COLUMNS, lines=LINES, answer=KITTY) as console:
        compare(console, leak[1])
        console.wait_for_bytes(b"\x1b\\\x1b8")
        console.press("W")
        console.wait_for(b"What happened")
        assert console.leave() == 0
    assert strict.leaks(strict.without_pixels(console.seen), columns=COLUMNS, lines=LINES) == []
    there = set()
    for way, image in IMAGE.findall(console.seen.decode()):
        there = there | {image} if way == "T" else there - {image}
    assert IMAGE.search(console.seen.decode())
    assert not there, "images lie over other pages until they are forgotten"


SCRIPT = """
import asyncio, sys
from pathlib import Path
from tests.tui import night_shift, real_leak
from tests.tui.watching import shows
from tui.app import TuiApp
from tui.pixels.ability import asked

async def walk(pilot):
    await shows(pilot, "following")
    await pilot.press("i", "enter")
    await shows(pilot, "What happened")
    await pilot.press("U", "f", *f"{sys.argv[2]} {real_leak.CLIP}", "enter")
    await shows(pilot, "the registered file itself, by its digest")
    await asyncio.sleep(1.5)
    Path(sys.argv[3]).touch()
    await asyncio.sleep(60)

TuiApp(Path(sys.argv[1]), actor="desk", now=lambda: night_shift.NOW, ability=asked()).run(auto_pilot=walk)
"""
ASKED = ("Xvfb", "xterm", "import")


@pytest.mark.slow
@pytest.mark.skipif(not all(map(shutil.which, ASKED)), reason=f"needs {', '.join(ASKED)}")
def test_a_real_xterm_shows_more_shades_than_half_blocks_have(leak: tuple[Path, Path], tmp_path: Path) -> None:
    ready, picture = tmp_path / "ready", tmp_path / "screen.ppm"
    number, told = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(told), "-screen", "0", "1200x800x24"], pass_fds=[told], stderr=subprocess.DEVNULL
    )
    try:
        display = f":{os.read(number, 16).decode().strip()}"
        environment = {**os.environ, "DISPLAY": display}
        command = ["xterm", "-ti", "vt340", "-geometry", f"{COLUMNS}x{LINES}", "-e", sys.executable, "-c", SCRIPT]
        with subprocess.Popen([*command, str(leak[0]), str(leak[1]), str(ready)], env=environment) as xterm:
            deadline = time.monotonic() + 60
            while not ready.exists():
                assert time.monotonic() < deadline
                assert xterm.poll() is None
                time.sleep(0.1)
            subprocess.run(["import", "-window", "root", "-depth", "8", f"ppm:{picture}"], env=environment, check=True)
            xterm.terminate()
    finally:
        server.terminate()
        server.wait()
    pixels = picture.read_bytes()[-1200 * 800 * 3 :]
    teal = {pixels[at : at + 3] for at in range(0, len(pixels), 3)}
    assert len(teal) > 24, "xterm in this guise has sixteen colours of text"
