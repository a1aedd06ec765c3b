"""What pictures carry beside their pixels: EXIF, XMP, comments and text chunks of JPEG, PNG, WebP, TIFF and GIF."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from forensics.content import Content
from forensics.formats.exif import exif

_MOST_CHUNKS = 10_000
_MOST_BYTES = 1 << 20
"""Of one chunk, packed or unpacked; tags are small."""


def picture_tags(content: Content, media_type: str) -> Iterator[tuple[str, bytes | str]]:
    """Names and values: text as it was told to be, bytes where nothing says how. Never raises for what the bytes do."""
    reader = {"image/jpeg": _jpeg, "image/png": _png, "image/webp": _webp, "image/tiff": _tiff}.get(media_type)
    if reader is not None:
        yield from reader(content)


def _jpeg(content: Content) -> Iterator[tuple[str, bytes | str]]:
    """ITU-T T.81 annex B: segments up to the scan."""
    at = 2
    for _ in range(_MOST_CHUNKS):
        head = content.pread(4, at)
        if len(head) < 4 or head[0] != 0xFF or head[1] in (0xD9, 0xDA):
            return
        size = int.from_bytes(head[2:])
        data = content.pread(max(0, size - 2), at + 4)
        if head[1] == 0xFE:
            yield "JPEG comment", data
        elif head[1] == 0xE1 and data[:6] == b"Exif\0\0":
            yield from _named("EXIF", data[6:])
        elif 0xE0 <= head[1] <= 0xEF:
            yield ("XMP" if b"xmp" in data[:40] or b"ns.adobe.com" in data[:40] else f"JPEG APP{head[1] - 0xE0}"), data
        at += 2 + size


def _png(content: Content) -> Iterator[tuple[str, bytes | str]]:
    """PNG (ISO/IEC 15948), 11.3.4: text chunks; eXIf."""
    at = 8
    for _ in range(_MOST_CHUNKS):
        head = content.pread(8, at)
        if len(head) < 8:
            return
        size, kind = int.from_bytes(head[:4]), head[4:]
        if kind in (b"tEXt", b"zTXt", b"iTXt", b"eXIf"):
            data = content.pread(min(size, _MOST_BYTES), at + 8)
            yield from _named("EXIF", data) if kind == b"eXIf" else _png_text(kind, data)
        at += 12 + size


def _png_text(kind: bytes, data: bytes) -> Iterator[tuple[str, str]]:
    key, _, value = data.partition(b"\0")
    name = f"PNG {key.decode('latin-1', 'replace')[:79]}"
    if kind == b"tEXt":
        yield name, _either(value)
    elif kind == b"zTXt":
        yield name, _either(_inflated(value[1:]))
    else:
        is_packed, value = value[:1] == b"\1", value[2:]
        _, _, value = value.partition(b"\0")
        _, _, value = value.partition(b"\0")
        yield name, (_inflated(value) if is_packed else value).decode("utf-8", "replace")


def _webp(content: Content) -> Iterator[tuple[str, bytes | str]]:
    at = 12
    for _ in range(_MOST_CHUNKS):
        head = content.pread(8, at)
        if len(head) < 8:
            return
        size = int.from_bytes(head[4:], "little")
        if head[:4] in (b"EXIF", b"XMP "):
            data = content.pread(min(size, _MOST_BYTES), at + 8)
            yield from _named("EXIF", data.removeprefix(b"Exif\0\0")) if head[:4] == b"EXIF" else [("XMP", data)]
        at += 8 + size + (size & 1)


def _tiff(content: Content) -> Iterator[tuple[str, bytes | str]]:
    yield from _named("TIFF", content.pread(min(content.size, 16 << 20), 0))


def _named(carrier: str, data: bytes) -> Iterator[tuple[str, str]]:
    for name, value in exif(data):
        yield f"{carrier} {name}", value


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _MOST_BYTES)
    except zlib.error:
        return b""


def _either(value: bytes) -> str:
    """Latin-1 is what the standard says, UTF-8 what programs write."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
