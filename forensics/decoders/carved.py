"""Finds audio and archives appended to or hidden inside pictures, documents, sound files and unknown bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.content import Content
from forensics.decoders.base import Budget, Decoder
from forensics.errors import Malformed
from forensics.formats import sqlite_pages
from forensics.formats.amr_frames import amr_frames, is_amr
from forensics.formats.archive_extents import WALKS as ARCHIVES
from forensics.formats.asides import asides
from forensics.formats.carving import Find, find_hidden
from forensics.formats.extents import frames_end, own_end
from forensics.formats.text_encoding import encoding_of
from forensics.formats.zip_directory import find_end, read_directory
from forensics.model import Artifact, Part

UNKNOWN = "application/octet-stream"
_LEAST_BYTES = 64
_LEAST_TEXT_BYTES = 200
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_BLOCK_BYTES = 1 << 20
_SPEECH_PROBE_BYTES = 8192
_MOST_SPEECH_BYTES = 64 << 20
_MOST_FRAME_BYTES = 62
_OPENED_ELSEWHERE = (
    *("text/", "application/vnd.openxml", "application/vnd.oasis", "application/epub", "application/json"),
    *("application/zip", "application/gzip", "application/zstd", "application/x-xz", "application/x-bzip2"),
    *("application/x-ndjson", "application/xml", "application/x-xliff", "application/x-tmx", "application/x-subrip"),
    *("application/x-lzip", "application/x-lz4", "application/x-lzma", "application/x-compress", "application/x-empty"),
)
_FRAMED = {
    "audio/mpeg": frozenset(("mp3",)),
    "audio/aac": frozenset(("aac",)),
    "audio/flac": frozenset(("flac",)),
    "audio/amr": frozenset(("amr",)),
    "audio/amr-wb": frozenset(("awb",)),
}
"""What follows frames of sound and is such frames is the sound itself, damaged in between."""


class Carved(Decoder):
    """Everything but text; of archives only what follows their own end, of sound and video what is not played."""

    def accepts(self, artifact: Artifact) -> bool:
        """Binary types of some size."""
        if artifact.media_type == sqlite_pages.MEDIA_TYPE:
            return artifact.content.size > sqlite_pages.MOST_IMAGE_BYTES
        is_left = not artifact.media_type.startswith(_OPENED_ELSEWHERE)
        return is_left and not artifact.is_view and artifact.content.size >= _LEAST_BYTES

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield each find, then what follows a picture's end when nothing known begins there."""
        content = artifact.content
        if artifact.media_type == UNKNOWN and (length := _text_length(content, budget)):
            yield _part(content, "text@0", 0, length, budget)
        for aside in asides(content, artifact.media_type):
            if not _is_blank(content, aside.start, aside.end):
                yield _part(content, f"aside@{aside.start}", aside.start, aside.end, budget)
        first = 1
        if artifact.media_type == UNKNOWN and (speech := _speech(content)):
            yield _part(content, f"carved@{speech.start}.{speech.extension}", speech.start, speech.end, budget)
            first = speech.end
        end = own_end(content, artifact.media_type)
        is_opened = artifact.media_type.startswith(("audio/", "video/")) or artifact.media_type in ARCHIVES
        last = 0
        for find in _finds_after(artifact, end, budget) if is_opened else _finds_inside(artifact, first, budget):
            last = max(last, find.end)
            yield _part(content, f"carved@{find.start}.{find.extension}", find.start, find.end, budget)
        start = max(end, last)
        if end > 0 and content.size - start >= _LEAST_BYTES and not _is_blank(content, start, content.size):
            yield _part(content, f"trailing@{start}", start, content.size, budget)


def _text_length(content: Content, budget: Budget) -> int:
    """Bytes of readable text before the binary begins; 0 when there is too little to mean anything."""
    length = 0
    for chunk in content.chunks():
        budget.check_time()
        stop = _BINARY.search(chunk)
        length += stop.start() if stop else len(chunk)
        if stop or length > budget.limits.text_mib << 20:
            break
    is_text = length >= _LEAST_TEXT_BYTES and encoding_of(content.head(min(length, _LEAST_TEXT_BYTES))) is not None
    return length if is_text and length < content.size else 0


def _speech(content: Content) -> Find | None:
    """AMR frames that were cut in the middle of one, which no magic number finds: the next is not far."""
    head = content.head(_SPEECH_PROBE_BYTES)
    for at in range(1, min(len(head), _MOST_FRAME_BYTES)):
        if head[at] & 0x87 == 0x04 and (is_wide := is_amr(head, at)) is not None:
            _, end = amr_frames(content.pread(_MOST_SPEECH_BYTES, at), 0, is_wide=is_wide)
            return Find(start=at, end=at + end, extension="awb" if is_wide else "amr")
    return None


def _finds_inside(artifact: Artifact, first: int, budget: Budget) -> Iterator[Find]:
    """Everything; but for the streams that the reader of PDF opens."""
    beside = frozenset(("zlib",)) if artifact.media_type == "application/pdf" else frozenset()
    return find_hidden(artifact.content, first, budget.check_time, beside=beside)


def _finds_after(artifact: Artifact, end: int, budget: Budget) -> Iterator[Find]:
    """Sound looks like many things, and archives hold them: only what follows a known end counts, or a zip with a
    sound directory.
    """
    content = artifact.content
    if 0 < end < content.size:
        yield from find_hidden(content, end, budget.check_time)
        return
    if 0 < (frames := frames_end(content, artifact.media_type)) < content.size:
        yield from find_hidden(content, frames, budget.check_time, beside=_FRAMED[artifact.media_type])
        return
    if artifact.media_type in ARCHIVES or find_end(content) < 0:
        return
    try:
        directory = read_directory(content)
    except Malformed:
        return
    if directory.members and 0 < directory.start < directory.end:
        yield Find(start=directory.start, end=directory.end, extension="zip")


def _part(content: Content, name: str, start: int, end: int, budget: Budget) -> Part:
    chunks = (content.pread(min(_BLOCK_BYTES, end - at), at) for at in range(start, end, _BLOCK_BYTES))
    return Part(name=name, content=budget.collect(chunks))


def _is_blank(content: Content, start: int, end: int) -> bool:
    """Padding with one repeated byte."""
    byte = content.pread(1, start)
    blocks = (content.pread(min(_BLOCK_BYTES, end - at), at) for at in range(start, end, _BLOCK_BYTES))
    return all(block.count(byte) == len(block) for block in blocks)
