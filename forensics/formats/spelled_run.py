"""What a finder of spelled bytes says of one run in a text."""

from __future__ import annotations

from dataclasses import dataclass

HEAD_BYTES = 8192
"""Decoded bytes that show what a run holds."""
_BACK_BYTES = 64 << 10
_STEP = 16
_ANY = bytes(bool(number) for number in range(256))
_FEW = b"\1" * 40
"""Long enough to be rare: looking for much more of one byte is slow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run from `start` to `end` of the text; `data` is empty when it holds nothing known, and so is `extension`."""

    start: int
    end: int
    scheme: str = ""
    extension: str = ""
    data: bytes = b""


def may_hold_run(text: bytes, start: int, stop: int, classes: bytes, least: int) -> bool:
    """Say whether there may be a run so long: every sixteenth byte tells for most texts that there is none."""
    marks = text[start:stop:_STEP].translate(classes).translate(_ANY)
    return b"\1" * (least // _STEP - 1) in marks


def next_run(marks: bytes, at: int, least: int) -> int:
    """Where the next run of marks without a zero begins that is at least so long; -1 when there is none.

    `marks` are 1 for what spells, 2 for what may stand between lines of it, 0 for all else; a run begins with 1.
    """
    while (begin := marks.find(_FEW, at)) >= 0:
        stop = marks.find(b"\0", begin, begin + least)
        if stop < 0:
            return begin if begin + least <= len(marks) else -1
        at = stop
    return -1


def run_start(text: bytes, place: int, mask: bytes) -> int:
    """Where the run begins that `place` lies in: the mask has a zero for every byte that ends one."""
    least = max(0, place - _BACK_BYTES)
    return least + text[least:place].translate(mask).rfind(b"\0") + 1
