"""What a finder of spelled bytes says of one run in a text."""

from __future__ import annotations

from dataclasses import dataclass

HEAD_BYTES = 8192
"""Decoded bytes that show what a run holds."""
_BACK_BYTES = 64 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run from `start` to `end` of the text; `data` is empty when it holds nothing known, and so is `extension`."""

    start: int
    end: int
    scheme: str = ""
    extension: str = ""
    data: bytes = b""


def run_start(text: bytes, place: int, mask: bytes) -> int:
    """Where the run begins that `place` lies in: the mask has a zero for every byte that ends one."""
    least = max(0, place - _BACK_BYTES)
    return least + text[least:place].translate(mask).rfind(b"\0") + 1
