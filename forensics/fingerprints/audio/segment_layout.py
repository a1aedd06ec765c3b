"""A segment as bytes: a header, then its arrays, each beginning on a multiple of 64 bytes; little-endian.

Reading copies nothing and touches the small tables only, so that a mapped file of a gigabyte opens in milliseconds.
What is not looked at then (code numbers in postings) is checked when it is used.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.errors import Malformed
from forensics.fingerprints.audio.codes import VERSION
from forensics.fingerprints.audio.postings import LEAST_KEY_BITS, MOST_KEY_BITS, Postings
from forensics.fingerprints.audio.segment import MOST_CODES, Segment

MAGIC = b"EWSG"
LAYOUT = 1
_HEADER = struct.Struct("<4sHHIIQQQQI")
"""Magic, layout, version of the codes, key bits, checksum of the arrays, clips, codes, postings, bytes of names;
then the checksum of all that."""
_SUM = struct.Struct("<I")
_ALIGN = 64


def pack(segment: Segment) -> Iterator[bytes | memoryview]:
    """The bytes of a segment, in pieces that copy nothing."""
    arrays = _arrays(segment)
    head = _HEADER.pack(
        MAGIC,
        LAYOUT,
        VERSION,
        segment.key_bits,
        _checksum(arrays),
        len(segment),
        len(segment.codes),
        len(segment.postings),
        len(segment.names),
        0,
    )[: -_SUM.size]
    head += _SUM.pack(zlib.crc32(head))
    yield head + bytes(-len(head) % _ALIGN)
    for each in arrays:
        yield each.data.cast("B") if len(each) else b""
        yield bytes(-each.nbytes % _ALIGN)


def read(buffer: Any) -> Segment:
    """A segment over the bytes of `pack`, which may be mapped from a file.

    Raises Malformed for anything else, for another version, and for bytes that are cut or do not fit together.
    """
    view = memoryview(buffer)
    if len(view) < _HEADER.size or bytes(view[:4]) != MAGIC:
        raise Malformed("not a part of an acoustic index")
    _, layout, version, key_bits, _, clips, codes, postings, names, checksum = _HEADER.unpack_from(view)
    if zlib.crc32(view[: _HEADER.size - _SUM.size]) != checksum:
        raise Malformed("the acoustic index has a damaged header")
    if (layout, version) != (LAYOUT, VERSION):
        raise Malformed(f"the acoustic index has format {layout}.{version}, this engine reads {LAYOUT}.{VERSION}")
    if not LEAST_KEY_BITS <= key_bits <= MOST_KEY_BITS or max(clips, codes, postings, names) >= MOST_CODES:
        raise Malformed("the acoustic index has sizes that cannot be")
    arrays = _cut(view, _shape(clips, codes, postings, names, key_bits))
    code_values, flags, starts, buckets, numbers, labels, name_starts, name_bytes = arrays
    segment = Segment(
        codes=code_values,
        flags=flags,
        starts=starts,
        postings=Postings(key_bits, buckets, numbers),
        labels=labels,
        name_starts=name_starts,
        names=name_bytes,
    )
    _check(segment)
    return segment


def verify(buffer: Any) -> None:
    """Read every byte and raise Malformed when one has changed since `pack`."""
    segment = read(buffer)
    if _checksum(_arrays(segment)) != _HEADER.unpack_from(buffer)[4]:
        raise Malformed("the acoustic index is damaged")


def _arrays(segment: Segment) -> list[NDArray[Any]]:
    return [
        segment.codes,
        segment.flags,
        segment.starts,
        segment.postings.starts,
        segment.postings.numbers,
        segment.labels,
        segment.name_starts,
        segment.names,
    ]


def _shape(clips: int, codes: int, postings: int, names: int, key_bits: int) -> list[tuple[str, int]]:
    """Type and length of each array, in the order of `_arrays`."""
    return [
        ("<u8", codes),
        ("|u1", (codes + 7) // 8),
        ("<u4", clips + 1),
        ("<u4", (1 << key_bits) + 1),
        ("<u4", postings),
        ("<i8", clips),
        ("<u4", clips + 1),
        ("|u1", names),
    ]


def _cut(view: memoryview, shape: Sequence[tuple[str, int]]) -> list[NDArray[Any]]:
    at = _HEADER.size + -_HEADER.size % _ALIGN
    arrays = []
    for kind, count in shape:
        size = np.dtype(kind).itemsize * count
        if at + size > len(view):
            raise Malformed("the acoustic index is cut short")
        arrays.append(np.frombuffer(view[at : at + size], kind))
        at += size + -size % _ALIGN
    if at != len(view):
        raise Malformed("the acoustic index has a wrong length")
    return arrays


def _check(segment: Segment) -> None:
    segment.postings.check()
    for starts, end in ((segment.starts, len(segment.codes)), (segment.name_starts, len(segment.names))):
        if starts[0] != 0 or starts[-1] != end or (starts[1:] < starts[:-1]).any():
            raise Malformed("the acoustic index has clips out of order")
    if (segment.labels[1:] <= segment.labels[:-1]).any():
        raise Malformed("the acoustic index has clips out of order")


def _checksum(arrays: Sequence[NDArray[Any]]) -> int:
    total = 0
    for each in arrays:
        total = zlib.crc32(each.data.cast("B") if len(each) else b"", total)
    return total
