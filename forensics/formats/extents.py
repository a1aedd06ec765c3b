"""Says where a file that begins at an offset ends, by walking its own structure."""

from __future__ import annotations

from collections.abc import Callable

from forensics.content import Content
from forensics.formats import archive_extents
from forensics.formats.audio_frames import adts_chain, mpeg_frame_bytes
from forensics.formats.deflate_streams import stream_end
from forensics.formats.zip_directory import find_end

_AMR_BYTES = (12, 13, 15, 17, 19, 20, 26, 31, 5, 0, 0, 0, 0, 0, 0, 0)
_AMR_WB_BYTES = (17, 23, 32, 36, 40, 46, 50, 58, 60, 5, 0, 0, 0, 0, 0, 0)
_STEP_BYTES = 1 << 18


def extent(content: Content, start: int, extension: str) -> int:
    """Offset after the end; the content's size where the format does not say."""
    match extension:
        case "wav" | "avi" | "webp" | "aiff":
            end = _chunked(content, start, "big" if extension == "aiff" else "little")
        case "ogg" | "oga" | "opus" | "ogv":
            end = _ogg(content, start)
        case "mp4" | "m4a":
            end = _boxes(content, start)
        case "amr" | "awb":
            end = _amr(content, start)
        case "mp3":
            end = _mpeg(content, start)
        case "aac":
            end = _adts(content, start)
        case "zlib":
            end = stream_end(content, start)
        case "zip":
            end = _zip(content, start)
        case "7z":
            head = content.pread(32, start)
            end = start + 32 + int.from_bytes(head[12:20], "little") + int.from_bytes(head[20:28], "little")
        case _:
            end = content.size
    return min(max(end, start + 4), content.size)


def own_end(content: Content, media_type: str) -> int:
    """Offset after the end a picture, sound file or archive gives itself; -1 when it gives none, or is none of them."""
    walk = _WALKS.get(media_type)
    return -1 if walk is None else walk(content)


def frames_end(content: Content, media_type: str) -> int:
    """Where the frames of headerless sound stop following each other; -1 for another format."""
    match media_type:
        case "audio/mpeg":
            return _mpeg(content, 0)
        case "audio/aac":
            return _adts(content, 0)
        case "audio/amr" | "audio/amr-wb":
            return _amr(content, 0)
    return 1 if media_type == "audio/flac" else -1


def _chunked(content: Content, start: int, order: str) -> int:
    size = int.from_bytes(content.pread(4, start + 4), "big" if order == "big" else "little")
    return content.size if size in (0, 0xFFFFFFFF) else start + 8 + size + (size & 1)


def _ogg(content: Content, start: int) -> int:
    at = start
    while True:
        head = content.pread(27 + 255, at)
        if head[:4] != b"OggS" or len(head) < 27:
            return at
        at += 27 + head[26] + sum(head[27 : 27 + head[26]])


def _boxes(content: Content, start: int) -> int:
    """ISO base media boxes follow each other while their types are printable."""
    at = start
    while True:
        head = content.pread(16, at)
        if len(head) < 8 or not all(0x20 <= byte < 0x7F or byte == 0xA9 for byte in head[4:8]):
            return at
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        if size == 0:
            return content.size
        if size < 8:
            return at
        at += size


def _amr(content: Content, start: int) -> int:
    line = content.pread(16, start).partition(b"\n")[0]
    sizes = _AMR_WB_BYTES if b"-WB" in line else _AMR_BYTES
    at = start + len(line) + 1
    while True:
        block = content.pread(_STEP_BYTES, at)
        inside = 0
        while inside < len(block):
            if block[inside] & 0x83:
                return at + inside
            inside += 1 + sizes[block[inside] >> 3 & 15]
        if len(block) < _STEP_BYTES:
            return at + inside
        at += inside


def _mpeg(content: Content, start: int) -> int:
    head = content.pread(10, start)
    at = start
    if head[:3] == b"ID3":
        at += 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
        at += max(0, _first_frame(content.pread(_STEP_BYTES, at)))
    while True:
        block = content.pread(_STEP_BYTES, at)
        inside = 0
        while length := mpeg_frame_bytes(block, inside):
            inside += length
        at += inside
        if inside + 4 <= len(block) or len(block) < _STEP_BYTES:
            return at + (128 if content.pread(3, at) == b"TAG" else 0)


def _first_frame(block: bytes) -> int:
    at = block.find(b"\xff")
    while at >= 0 and not mpeg_frame_bytes(block, at):
        at = block.find(b"\xff", at + 1)
    return at


def _adts(content: Content, start: int) -> int:
    at = start
    while True:
        head = content.pread(7, at)
        if not adts_chain(head, 0, 1):
            return at
        at += (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5


def _zip(content: Content, start: int) -> int:
    end = find_end(content)
    return content.size if end < start else end + 22 + int.from_bytes(content.pread(2, end + 20), "little")


def _jpeg(content: Content) -> int:
    """Segments up to the scan, then the first end marker: inside a scan FF is always followed by 00 or a restart."""
    at = 2
    while True:
        head = content.pread(4, at)
        if len(head) < 4 or head[0] != 0xFF:
            return -1
        if head[1] == 0xFF:
            at += 1
            continue
        at += 2 + int.from_bytes(head[2:4], "big")
        if head[1] == 0xDA:
            return _after(content, b"\xff\xd9", at)


def _after(content: Content, marker: bytes, at: int) -> int:
    while at < content.size:
        block = content.pread(_STEP_BYTES + len(marker) - 1, at)
        found = block.find(marker)
        if found >= 0:
            return at + found + len(marker)
        at += _STEP_BYTES
    return -1


def _png(content: Content) -> int:
    at = 8
    while True:
        head = content.pread(8, at)
        if len(head) < 8:
            return -1
        at += 12 + int.from_bytes(head[:4], "big")
        if head[4:8] == b"IEND":
            return at


def _gif(content: Content) -> int:
    head = content.pread(13, 0)
    if len(head) < 13:
        return -1
    at = 13 + (3 << (head[10] & 7) + 1 if head[10] & 0x80 else 0)
    while True:
        block = content.pread(10, at)
        if block[:1] == b";":
            return at + 1
        if block[:1] == b"!":
            at = _gif_blocks(content, at + 2)
        elif block[:1] == b"," and len(block) == 10:
            at = _gif_blocks(content, at + 11 + (3 << (block[9] & 7) + 1 if block[9] & 0x80 else 0))
        else:
            return -1


def _gif_blocks(content: Content, at: int) -> int:
    while size := content.pread(1, at):
        at += 1 + size[0]
        if not size[0]:
            break
    return at


def _own_chunks(content: Content) -> int:
    return _chunked(content, 0, "big" if content.head(4) == b"FORM" else "little")


def _own_pages(content: Content) -> int:
    return _ogg(content, 0)


def _own_boxes(content: Content) -> int:
    return _boxes(content, 0)


_WALKS: dict[str, Callable[[Content], int]] = {
    **archive_extents.WALKS,
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/gif": _gif,
    **dict.fromkeys(("image/webp", "audio/wav", "video/x-msvideo", "audio/aiff"), _own_chunks),
    **dict.fromkeys(("audio/ogg", "video/ogg"), _own_pages),
    **dict.fromkeys(("audio/mp4", "video/mp4", "video/quicktime", "video/3gpp", "audio/3gpp"), _own_boxes),
}
