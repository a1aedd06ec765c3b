"""Says where sound and video files hold what no player plays: tags, attachments, padding, chunks of other programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from forensics.content import Content

LEAST_BYTES = 256
"""Less holds no clip, and is what every encoder leaves there."""
_MOST_CHUNKS = 100_000
_RIFF_PLAYED = frozenset((b"fmt ", b"data", b"fact", b"ds64", b"idx1"))
_RIFF_LISTS = frozenset((b"hdrl", b"movi"))
_AIFF_PLAYED = frozenset((b"COMM", b"SSND", b"FVER"))
_BOXES_PLAYED = frozenset((b"ftyp", b"styp", b"mdat", b"moov", b"moof", b"mfra", b"sidx"))
_FLAC_PLAYED = frozenset((0, 3))
_SEGMENT = 0x18538067
_SEGMENT_PLAYED = frozenset((0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1F43B675, 0x1C53BB6B))
"""SeekHead, Info, Tracks, Cluster, Cues (RFC 9559)."""


class Span(NamedTuple):
    """From `start` up to `end`."""

    start: int
    end: int


def asides(content: Content, media_type: str) -> Iterator[Span]:
    """Yield what lies aside of the sound in files whose structure is known here; of others nothing."""
    for span in every_aside(content, media_type) or ():
        if span.end - span.start >= LEAST_BYTES:
            yield span


def every_aside(content: Content, media_type: str) -> Iterator[Span] | None:
    """What lies aside of the sound however short it is; None where the structure is not known here."""
    walk = _WALKS.get(media_type)
    return None if walk is None else _within(content, walk)


def _within(content: Content, walk: Callable[[Content], Iterator[Span]]) -> Iterator[Span]:
    for count, span in enumerate(walk(content)):
        if span.start < content.size:
            yield Span(span.start, min(span.end, content.size))
        if count >= _MOST_CHUNKS:
            return


def _id3(content: Content) -> Iterator[Span]:
    """ID3v2: the size is in four bytes of seven bits."""
    head = content.head(10)
    if head[:3] == b"ID3" and len(head) == 10:
        yield Span(10, 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]))


def _riff(content: Content) -> Iterator[Span]:
    for at, kind, size in _chunks(content, "little"):
        is_list = kind == b"LIST" and content.pread(4, at + 8) in _RIFF_LISTS
        if kind not in _RIFF_PLAYED and not is_list:
            yield Span(at + 8, at + 8 + size)


def _aiff(content: Content) -> Iterator[Span]:
    for at, kind, size in _chunks(content, "big"):
        if kind not in _AIFF_PLAYED:
            yield Span(at + 8, at + 8 + size)


def _chunks(content: Content, order: str) -> Iterator[tuple[int, bytes, int]]:
    at = 12
    while len(head := content.pread(8, at)) == 8:
        size = int.from_bytes(head[4:], "big" if order == "big" else "little")
        yield at, head[:4], size
        at += 8 + size + (size & 1)


def _flac(content: Content) -> Iterator[Span]:
    """RFC 9639: metadata blocks, the last of them marked."""
    at, is_last = 4, content.head(4) != b"fLaC"
    while not is_last and len(head := content.pread(4, at)) == 4:
        is_last, size = bool(head[0] & 0x80), int.from_bytes(head[1:], "big")
        if head[0] & 0x7F not in _FLAC_PLAYED:
            yield Span(at + 4, at + 4 + size)
        at += 4 + size


def _boxes(content: Content) -> Iterator[Span]:
    """ISO 14496-12: boxes at the top, and those of the user and of tags inside the movie."""
    for kind, start, end in _boxes_in(content, 0, content.size):
        if kind == b"moov":
            for name, begin, after in _boxes_in(content, start, end):
                inner = _boxes_in(content, begin, after) if name == b"trak" else ((name, begin, after),)
                yield from (Span(first, last) for each, first, last in inner if each in (b"udta", b"meta", b"uuid"))
        elif kind not in _BOXES_PLAYED:
            yield Span(start, end)


def _boxes_in(content: Content, at: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    while at + 8 <= stop and len(head := content.pread(16, at)) >= 8:
        size, skipped = int.from_bytes(head[:4], "big"), 8
        if size == 1:
            size, skipped = int.from_bytes(head[8:16], "big"), 16
        size = stop - at if size == 0 else size
        if size < skipped:
            return
        yield head[4:8], at + skipped, min(at + size, stop)
        at += size


def _matroska(content: Content) -> Iterator[Span]:
    """RFC 8794: elements of a number and a size each, both of variable length."""
    at = 0
    while (element := _element(content, at)) is not None:
        number, start, end = element
        if number == _SEGMENT:
            at = start
            continue
        if number not in _SEGMENT_PLAYED:
            yield Span(start, end)
        at = end


def _element(content: Content, at: int) -> tuple[int, int, int] | None:
    """Number, begin and end of the body; one of unknown size ends with the file."""
    head = content.pread(12, at)
    if len(head) < 2 or not head[0] or head[0] < 0x10:
        return None
    name_bytes = 9 - head[0].bit_length()
    first = head[name_bytes] if name_bytes < len(head) else 0
    size_bytes = 9 - first.bit_length()
    if not first or name_bytes + size_bytes > len(head):
        return None
    mask = (1 << 7 * size_bytes) - 1
    size = int.from_bytes(head[name_bytes : name_bytes + size_bytes], "big") & mask
    start = at + name_bytes + size_bytes
    return int.from_bytes(head[:name_bytes], "big"), start, content.size if size == mask else start + size


_WALKS: dict[str, Callable[[Content], Iterator[Span]]] = {
    **dict.fromkeys(("audio/mpeg", "audio/aac"), _id3),
    **dict.fromkeys(("audio/wav", "video/x-msvideo"), _riff),
    **dict.fromkeys(("audio/mp4", "video/mp4", "video/quicktime", "video/3gpp", "audio/3gpp"), _boxes),
    **dict.fromkeys(("video/x-matroska", "video/webm", "audio/x-matroska", "audio/webm"), _matroska),
    "audio/aiff": _aiff,
    "audio/flac": _flac,
}
