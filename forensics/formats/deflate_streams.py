"""Tells streams of Deflate from chance: in a zlib wrapper (RFC 1950) anywhere, without one (RFC 1951) at a start."""

from __future__ import annotations

import zlib

from forensics.content import Content

WRAPPED, BARE = zlib.MAX_WBITS, -zlib.MAX_WBITS
STARTS = (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")
"""How streams begin that any tool writes: a window of 32 KiB, each level, no dictionary."""
LEAST_BYTES = 64
_SURE_BYTES = 4096
"""Chance unpacks to some ten bytes before it contradicts itself."""
_BLOCK_BYTES, _OUTPUT_BYTES = 1 << 16, 1 << 20


def is_stream(head: bytes, form: int = WRAPPED) -> bool:
    """Say whether a stream begins with these bytes: one that ends in them, its checksum right, or goes on for long."""
    if form == WRAPPED and not head.startswith(STARTS):
        return False
    engine = zlib.decompressobj(form)
    try:
        data = engine.decompress(head, _SURE_BYTES)
    except zlib.error:
        return False
    return len(data) == _SURE_BYTES or (engine.eof and form == WRAPPED and len(data) >= LEAST_BYTES)


def stream_end(content: Content, start: int) -> int:
    """Offset after the wrapped stream that begins there; where it is damaged or cut, after all that could be read."""
    engine = zlib.decompressobj(WRAPPED)
    at = start
    try:
        while not engine.eof and (block := content.pread(_BLOCK_BYTES, at)):
            at += len(block)
            while block and not engine.eof:
                engine.decompress(block, _OUTPUT_BYTES)
                block = engine.unconsumed_tail
    except zlib.error:
        return min(at, content.size)
    return at - len(engine.unused_data)
