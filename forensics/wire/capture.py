"""What a capture file looks like from its first bytes."""

from __future__ import annotations

import gzip
from pathlib import Path

from forensics.errors import InputError

_MAGICS = (
    b"\xa1\xb2\xc3\xd4", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x4d\x3c\xb2\xa1",
    b"\xa1\xb2\xcd\x34", b"\x34\xcd\xb2\xa1", b"\x0a\x0d\x0d\x0a", b"snoop\0\0\0", b"RTSS", b"GMBU",
)  # fmt: skip
"""pcap in its byte orders, resolutions and one old variant, pcapng, snoop, NetMon."""
_COMPRESSED = b"\x1f\x8b"


def is_capture(head: bytes) -> bool:
    """Say whether the leading bytes are those of a capture file."""
    return head.startswith(_MAGICS)


def plain_head(path: Path) -> bytes:
    """The leading bytes of a file, looking inside gzip; empty where they cannot be read. Raises InputError."""
    try:
        with path.open("rb") as stream:
            head = stream.read(8)
        if is_compressed(head):
            with gzip.open(path) as unpacked:
                head = unpacked.read(8)
    except EOFError:
        return b""
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or 'not a gzip file'}") from error
    return head


def is_compressed(head: bytes) -> bool:
    """Say whether the leading bytes are those of a gzip file, which may hold a capture."""
    return head.startswith(_COMPRESSED)
