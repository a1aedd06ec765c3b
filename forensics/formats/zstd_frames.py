"""Finds where the frames of a Zstandard file end (RFC 8878), so that bytes after them are not overlooked."""

from __future__ import annotations

from forensics.content import Content

_MAGIC = b"\x28\xb5\x2f\xfd"


def zstd_end(content: Content) -> int:
    """Offset after the last whole frame; the content's size when the last frame is cut off."""
    at = 0
    while at < content.size:
        magic = content.pread(4, at)
        if magic == _MAGIC:
            following = _frame_end(content, at + 4)
            if following < 0:
                return content.size
            at = following
        elif len(magic) == 4 and magic[0] & 0xF0 == 0x50 and magic[1:] == b"\x2a\x4d\x18":
            at += 8 + int.from_bytes(content.pread(4, at + 4), "little")
        else:
            return at
    return content.size


def _frame_end(content: Content, at: int) -> int:
    descriptor = content.pread(1, at)
    if not descriptor:
        return -1
    flags = descriptor[0]
    is_single = bool(flags & 0x20)
    sizes = (1 if is_single else 0, 2, 4, 8)
    at += 1 + (0 if is_single else 1) + (0, 1, 2, 4)[flags & 3] + sizes[flags >> 6]
    while True:
        raw = content.pread(3, at)
        if len(raw) < 3:
            return -1
        header = int.from_bytes(raw, "little")
        size = 1 if header >> 1 & 3 == 1 else header >> 3
        at += 3 + size
        if header & 1:
            break
    at += 4 if flags & 4 else 0
    return at if at <= content.size else -1
