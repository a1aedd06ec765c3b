"""What the terminal takes, as it says itself: asked once, before the console has the terminal.

Every terminal answers the last question (primary device attributes), so that the wait is a round trip and no more.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import sys
import termios
import time
import tty
from dataclasses import dataclass
from typing import Literal

Kind = Literal["blocks", "sixel", "kitty"]
SILENT = frozenset({"dumb", "linux", "unknown", ""})
"""Terminals that are not asked: what they do not know they print."""
QUESTIONS = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[c"
"""A picture of one pixel that is checked and not kept; the pixels of a cell; what else the terminal can."""
PATIENCE_S = 3.0
"""For lines of any length; a terminal that never answers waits for so long once, or is told `tui.pictures`."""
MOST_BYTES = 4096
LARGEST_CELL = 200
USUAL_CELL = (8, 16)
"""For kitty, which is told how many cells a picture takes and stretches it."""
_KITTY = re.compile(rb"\x1b_Gi=31;OK\x1b\\")
_CELL = re.compile(rb"\x1b\[6;(\d{1,4});(\d{1,4})t")
_ATTRIBUTES = re.compile(rb"\x1b\[\?([0-9;]*)c")
SIXEL = b"4"
"""The device attribute of terminals that draw sixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """How pictures are drawn, and of sixels the width and height of a cell in pixels."""

    kind: Kind = "blocks"
    cell: tuple[int, int] = (0, 0)

    def cell_now(self) -> tuple[int, int]:
        """The pixels of a cell at present: the letters may have been made larger since."""
        now = _cell_of(sys.__stdout__.fileno()) if sys.__stdout__ is not None else (0, 0)
        if all(0 < side <= LARGEST_CELL for side in now):
            return now
        return self.cell if all(self.cell) or self.kind != "kitty" else USUAL_CELL


def asked(wish: str = "auto") -> Ability:
    """What the terminal at standard input and output takes; `wish` is the setting `tui.pictures`."""
    if wish == "blocks" or os.environ.get("TERM", "") in SILENT or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return Ability()
    answer = _converse(sys.stdin.fileno(), sys.stdout.fileno())
    return understood(answer, wish, _cell_of(sys.stdout.fileno()))


def understood(answer: bytes, wish: str, cell: tuple[int, int]) -> Ability:
    """What an answer means; `cell` is what the kernel knows of the size of a cell, zeros when nothing."""
    told = _CELL.search(answer)
    if told and not all(cell):
        cell = int(told[2]), int(told[1])
    if not all(0 < side <= LARGEST_CELL for side in cell):
        cell = (0, 0)
    attributes = _ATTRIBUTES.search(answer)
    can_sixel = attributes is not None and SIXEL in attributes[1].split(b";")
    if wish == "kitty" or (wish == "auto" and _KITTY.search(answer)):
        return Ability(kind="kitty", cell=cell)
    if all(cell) and (wish == "sixel" or (wish == "auto" and can_sixel)):
        return Ability(kind="sixel", cell=cell)
    return Ability()


def _converse(source: int, target: int) -> bytes:
    """Ask, and read until the last question is answered."""
    answer = b""
    try:
        before = termios.tcgetattr(source)
    except termios.error:
        return answer
    try:
        tty.setraw(source, termios.TCSANOW)
        os.write(target, QUESTIONS)
        until = time.monotonic() + PATIENCE_S
        while not _ATTRIBUTES.search(answer) and len(answer) < MOST_BYTES:
            left = until - time.monotonic()
            if left <= 0 or not select.select([source], [], [], left)[0]:
                break
            got = os.read(source, 1024)
            if not got:
                break
            answer += got
    except OSError:
        pass
    finally:
        termios.tcsetattr(source, termios.TCSANOW, before)
    return answer


def _cell_of(target: int) -> tuple[int, int]:
    try:
        lines, columns, width, height = struct.unpack("HHHH", fcntl.ioctl(target, termios.TIOCGWINSZ, bytes(8)))
    except OSError:
        return 0, 0
    return (width // columns, height // lines) if lines and columns else (0, 0)
