"""Finds where AAC frames begin and end that nothing lists: an MP4 file keeps their sizes in its index alone.

A frame (`raw_data_block`, ISO/IEC 14496-3, 4.4.2.1) has no sync word, but begins with the kind of its first element and
ends, on a whole byte, where a decoder says that it ends. So each place where the next may begin is tried as the end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

RATES: Final = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
"""In Hz; the place is the number of the rate in headers."""
_FIRST: Final = {1: b"\x00\x01\xde\xdf", 2: b"\x20\x21\xde\xdf"}
"""By channels: a single channel or a pair, with tag 0, or filling of any length before it."""
_LONGEST: Final = 1200
"""Bytes of one frame and channel; the standard allows 768, encoders more."""
_DEPTH: Final = 64
"""Frames that may turn out to be none, and are gone back over."""
_MOST_TRIES: Final = 4000
"""In a row without getting any further."""
_HEAD_BYTES: Final = 24 << 10
_LEAST_FRAMES: Final = 40
_FEWEST_FRAMES: Final = 8
"""Where they go on to the end."""

Fits = Callable[[bytes], bool]
"""Says whether a decoder takes the bytes for one whole frame."""


@dataclass(frozen=True, slots=True)
class Way:
    """How frames are made: the rate in Hz and the channels. Rates that share their tables cannot be told apart."""

    rate: int
    channels: int

    @property
    def configuration(self) -> bytes:
        """What a decoder must be told (AudioSpecificConfig of AAC LC)."""
        number = RATES.index(self.rate)
        return bytes([2 << 3 | number >> 1, (number & 1) << 7 | self.channels << 3])

    def header(self, size: int) -> bytes:
        """The ADTS header of a frame of `size` bytes, by which players find the next."""
        whole = size + 7
        value = 0xFFF1 << 40 | 1 << 38 | RATES.index(self.rate) << 34 | self.channels << 30 | whole << 13 | 0x7FF << 2
        return value.to_bytes(7)


WAYS: Final = tuple(Way(rate, channels) for rate in (44100, 16000, 24000, 8000, 32000) for channels in (1, 2))
"""What is tried, the usual first. 48,000 Hz has the tables of 44,100, 22,050 of 24,000, 11,025 of 16,000."""


def find_way(data: bytes, fits: Callable[[Way], Fits], check_time: Callable[[], None]) -> Way | None:
    """How the frames are made that the data begins with; None when it begins with none."""
    head = data[:_HEAD_BYTES]
    furthest: tuple[int, Way | None] = (0, None)
    for way in WAYS:
        ends = frame_ends(head, way, fits(way), check_time)
        if len(ends) >= _FEWEST_FRAMES and ends[-1] > len(head) - _LONGEST * way.channels:
            return way
        if len(ends) >= _LEAST_FRAMES and ends[-1] > furthest[0]:
            furthest = ends[-1], way
    return furthest[1]


def frame_ends(data: bytes, way: Way, fits: Fits, check_time: Callable[[], None]) -> list[int]:
    """Where each frame ends, as far as one follows the other from the beginning."""
    ends, furthest, count = [0], [0], 1
    ahead = deque([_places(data, 0, way)], maxlen=_DEPTH)
    tries = 0
    while ahead and tries < _MOST_TRIES and ends[-1] < len(data):
        end = next(ahead[-1], -1)
        if end < 0:
            ahead.pop()
            ends.pop()
            continue
        tries += 1
        if fits(data[ends[-1] : end]):
            check_time()
            ends.append(end)
            ahead.append(_places(data, end, way))
            if end > furthest[-1]:
                furthest, tries = ends[-_DEPTH - 1 :], 0
                count = len(ends)
    if furthest == [0]:
        return []
    return [*ends[: count - len(furthest)], *furthest][1:]


def _places(data: bytes, start: int, way: Way) -> Iterator[int]:
    """Where the frame that begins at `start` may end: where another may begin, and at the end of all."""
    last = min(start + _LONGEST * way.channels, len(data))
    first = _FIRST[way.channels]
    for place in range(start + 2, last):
        if data[place] in first:
            yield place
    if last == len(data):
        yield last
