"""Finds audio and archives inside other files by their magic numbers, each validated before it is believed."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.content import Content
from forensics.errors import LimitReached
from forensics.formats.audio_frames import adts_chain, mpeg_chain
from forensics.formats.deflate_streams import STARTS, is_stream
from forensics.formats.extents import extent
from forensics.formats.flac_frames import flac_frame
from forensics.formats.signatures import identify
from forensics.formats.zip_directory import read_local

WINDOW_BYTES = 4 << 20
OVERLAP_BYTES = 64
PROBE_BYTES = 32768
BLOCK_BYTES = 1 << 17
MOST_FINDS = 10_000
_MAGICS = (
    *(b"RIFF", b"RF64", b"OggS\x00", b"fLaC", b"ID3", b"ftyp", b"#!AMR", b"#!SILK_V3", b"FORM", b"caff\x00\x01"),
    *(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", b"\x1a\x45\xdf\xa3", b"PK\x03\x04", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07"),
    *(b"wvpk", b"TTA1", b"FLV\x01", b".snd\x00\x00\x00", b"riff\x2e\x91\xcf\x11", b"\x28\xb5\x2f\xfd"),
    *(b"\x1f\x8b\x08", b"\xfd7zXZ\x00", b"BZh91AY&SY", b"MSCF\x00\x00\x00\x00"),
)
_STARTS = np.zeros(1 << 16, np.bool_)
"""Whether a magic number or a frame of audio may begin with these two bytes, read in little-endian order."""
_STARTS[[int.from_bytes(magic[:2], "little") for magic in _MAGICS]] = True
_STARTS[[int.from_bytes(start, "little") for start in STARTS]] = True
_STARTS[[0xFF | second << 8 for second in (0xE2, 0xE3, *range(0xF0, 0xF6), *range(0xF8, 0xFE))]] = True
_THREE = np.array([int.from_bytes(magic[:3], "little") for magic in _MAGICS])
"""How magic numbers begin, as the third byte tells more of them apart from chance."""
_BY_START = {start: tuple(magic for magic in _MAGICS if magic[:2] == start) for start in {m[:2] for m in _MAGICS}}
_FRAME_THIRD = (0x10, 0xEF)
_FRAMES = re.compile(rb"\xff[\xe2\xe3\xf0-\xf5\xf8-\xfd][\x10-\xef]")
_KINDS = ("audio/", "video/", "application/")
_LEAST_FRAMES = 8
_LEAST_FRAME_BYTES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """Something that begins at `start` and ends at `end`, as far as its format tells."""

    start: int
    end: int
    extension: str


def find_hidden(
    content: Content,
    first: int,
    check_time: Callable[[], None],
    *,
    beside: frozenset[str] = frozenset(),
    most: int = MOST_FINDS,
) -> Iterator[Find]:
    """Yield what begins at or after `first`, in order; nothing inside what was yielded before, nor a PNG's own pixels.

    Finds of the extensions `beside` are passed over. Raises LimitReached after `most`.
    """
    position, count = first, 0
    for start in _hits(content, first, check_time):
        check_time()
        if start < position:
            continue
        found = _validated(content, start)
        if found is None or found.extension in beside:
            continue
        yield found
        position = found.end
        count += 1
        if count >= most:
            raise LimitReached(f"only the first {most:,} things found inside were looked at")


def _hits(content: Content, first: int, check_time: Callable[[], None]) -> Iterator[int]:
    """Offsets where a magic number stands, in order."""
    for base in range(first, content.size, WINDOW_BYTES):
        check_time()
        window = content.pread(WINDOW_BYTES + OVERLAP_BYTES, base)
        hits = {base + at for at in _beginnings(window)}
        yield from sorted(hit for hit in hits if hit >= first)


def _beginnings(window: bytes) -> Iterator[int]:
    """Where in the window something may begin."""
    for at in _candidates(window).tolist():
        if at >= WINDOW_BYTES:
            continue
        magics = _BY_START.get(window[at : at + 2])
        if magics is None and window.startswith(STARTS, at):
            if at + PROBE_BYTES > len(window) or is_stream(window[at : at + PROBE_BYTES]):
                yield at
        elif magics is None:
            if _FRAMES.match(window, at) and _is_chain(window, at):
                yield at
        elif window.startswith(magics, at):
            yield at - 4 if window.startswith(b"ftyp", at) else at


def _candidates(window: bytes) -> NDArray[np.intp]:
    """Where the first three bytes are those of a magic number or a frame.

    The first two are looked up at even and at odd places, in blocks that stay in the processor's cache.
    """
    places = []
    for start in range(0, len(window) - 2, BLOCK_BYTES):
        block = memoryview(window)[start : start + BLOCK_BYTES + 2]
        for odd in (0, 1):
            pairs = np.frombuffer(block, "<u2", (len(block) - 1 - odd) // 2, odd)
            places.append(np.flatnonzero(_STARTS.take(pairs, mode="clip")) * 2 + (start + odd))
    return _likely(np.frombuffer(window, np.uint8), np.concatenate(places)) if places else np.empty(0, np.intp)


def _likely(window: NDArray[np.uint8], places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Those of the places whose third byte fits too."""
    first, third = window[places], window[places + 2]
    is_frame = (first == 0xFF) & (third >= _FRAME_THIRD[0]) & (third <= _FRAME_THIRD[1])
    three = first + window[places + 1] * np.int64(256) + third * np.int64(65536)
    is_packed = (first == ord("x")) & (third & 6 != 6)
    likely: NDArray[np.intp] = places[is_frame | is_packed | np.isin(three, _THREE)]
    return likely


def _is_chain(window: bytes, at: int) -> bool:
    return max(mpeg_chain(window, at, 3), adts_chain(window, at, 3)) >= 3 or flac_frame(window, at) is not None


def _validated(content: Content, start: int) -> Find | None:
    data = content.pread(PROBE_BYTES, start)
    kind = identify(data)
    if kind is None or not kind.media_type.startswith(_KINDS) or not _is_sound(content, start, data, kind.extension):
        return None
    if kind.extension == "zlib" and content.pread(4, max(0, start - 4)) == b"IDAT":
        return None
    end = extent(content, start, kind.extension)
    if kind.extension in ("mp3", "aac") and end - start < _LEAST_FRAME_BYTES:
        return None
    return Find(start=start, end=end, extension=kind.extension)


def _is_sound(content: Content, start: int, data: bytes, extension: str) -> bool:
    """Short magics need more proof than their own few bytes."""
    if extension == "mp3" and data[:3] == b"ID3":
        return _has_frames(content, start, data)
    if extension == "zip":
        return _is_member(content, start, data)
    check = _CHECKS.get(extension)
    return check is None or check(data)


def _has_frames(content: Content, start: int, data: bytes) -> bool:
    """MPEG frames stand after an ID3v2 tag, whose size is in four seven-bit bytes."""
    size = data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9]
    after = content.pread(PROBE_BYTES, start + 10 + size)
    return any(mpeg_chain(after, match.start(), 3) >= 3 for match in _FRAMES.finditer(after))


def _is_member(content: Content, start: int, data: bytes) -> bool:
    """A local header of a version tools write, with a printable name, and not larger than what is left."""
    local = read_local(content, start)
    if local is None or data[4] > 63 or local[0].method not in (0, 8, 9, 12, 14, 93, 95, 98, 99):
        return False
    return local[0].name.isprintable() and bool(local[0].name) and local[1] <= content.size


def _inflates(data: bytes) -> bool:
    try:
        zlib.decompressobj(31).decompress(data, 4096)
    except zlib.error:
        return False
    return True


def _is_long_chain(data: bytes) -> bool:
    return max(mpeg_chain(data, 0), adts_chain(data, 0)) >= _LEAST_FRAMES


_CHECKS: dict[str, Callable[[bytes], bool]] = {
    "mp3": _is_long_chain,
    "aac": _is_long_chain,
    "mkv": lambda data: b"matroska" in data[:64],
    "webm": lambda data: b"webm" in data[:64],
    "gz": _inflates,
    "xz": lambda data: zlib.crc32(data[6:8]) == int.from_bytes(data[8:12], "little"),
    "cab": lambda data: data[24:26] == b"\x03\x01",
}
