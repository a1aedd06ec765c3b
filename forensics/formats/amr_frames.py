"""Follows the frames of AMR speech where the magic line before them is lost. RFC 4867, section 5.3."""

from __future__ import annotations

from typing import Final

NARROW_BYTES: Final = (12, 13, 15, 17, 19, 20, 26, 31, 5, -1, -1, -1, -1, -1, -1, 0)
WIDE_BYTES: Final = (17, 23, 32, 36, 40, 46, 50, 58, 60, 5, -1, -1, -1, -1, 0, 0)
LINES: Final = {False: b"#!AMR\n", True: b"#!AMR-WB\n"}
LEAST_FRAMES: Final = 40
"""Of 20 ms each."""
_LEAST_SPOKEN: Final = 0.5
_LEAST_DISTINCT: Final = 120
_PROBE_BYTES: Final = 4096


def amr_frames(data: bytes, at: int, *, is_wide: bool) -> tuple[int, int]:
    """How many frames follow each other from `at`, and where they end; damaged frames (quality bit 0) end them."""
    sizes, frames, spoken = WIDE_BYTES if is_wide else NARROW_BYTES, 0, 0
    while at < len(data) and data[at] & 0x87 == 0x04 and (size := sizes[data[at] >> 3 & 15]) >= 0:
        at += 1 + size
        frames += 1
        spoken += size > 5
    return (frames, min(at, len(data))) if spoken >= _LEAST_SPOKEN * frames else (0, at)


def is_amr(data: bytes, at: int = 0) -> bool | None:
    """Whether frames that begin at `at` are wide-band; None when there are none.

    A second of speech must follow, of bytes as many kinds as coded speech has: tables of records have fewer.
    """
    if len(set(data[at : at + _PROBE_BYTES])) < _LEAST_DISTINCT:
        return None
    counts = {is_wide: amr_frames(data, at, is_wide=is_wide)[0] for is_wide in (False, True)}
    best = max(counts, key=lambda is_wide: counts[is_wide])
    return best if counts[best] >= LEAST_FRAMES else None
