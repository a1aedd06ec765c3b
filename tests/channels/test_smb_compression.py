"""Compressed SMB messages: the examples of MS-XCA, what a plain compressor makes of anything, and bytes that lie."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.channels.smb_compression import MESSAGE_LIMIT_BYTES, decompress

NONE, LZNT1, LZ77, HUFFMAN, PATTERN = range(5)
LETTERS = b"abcdefghijklmnopqrstuvwxyz"
TUNE = (
    b"F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D E F# G F# E D E A "
    b"F# F# G A A G F# E D D E F# E D D\0"
)
TUNE_PACKED = bytes.fromhex(
    "38b08846232000204720410010a24701a045204400084501507900c045200524138805b4024a44ef0358028c091601484500be009e000401189000"
)
EXAMPLES = [
    (LZ77, bytes.fromhex("3f000000") + LETTERS, LETTERS),
    (LZ77, bytes.fromhex("ffffff1f61626317000fff2601"), b"abc" * 100),
    (LZNT1, TUNE_PACKED, TUNE),
]


def packed(algorithm: int, data: bytes, size: int, before: bytes = b"") -> bytes:
    return b"\xfcSMB" + struct.pack("<IHHI", size, algorithm, 0, len(before)) + before + data


def link(algorithm: int, data: bytes, size: int | None = None) -> bytes:
    payload = data if size is None else struct.pack("<I", size) + data
    return struct.pack("<HHI", algorithm, 1, len(payload)) + payload


def chained(size: int, *links: bytes) -> bytes:
    return b"\xfcSMB" + struct.pack("<I", size) + b"".join(links)


def repeated(byte: bytes, count: int) -> bytes:
    return link(PATTERN, struct.pack("<s3xI", byte, count))


def lz77(data: bytes) -> bytes:
    """Plain LZ77 with the first earlier match that is found."""
    out, flags, marks, half, at = bytearray(4), 0, 0, -1, 0

    def mark(is_match: int) -> None:
        nonlocal flags, marks
        if marks % 32 == 0 and marks:
            out.extend(bytes(4))
            flags = len(out) - 4
        word = int.from_bytes(out[flags : flags + 4], "little") | is_match << 31 - marks % 32
        out[flags : flags + 4] = word.to_bytes(4, "little")
        marks += 1

    while at < len(data):
        found = data.rfind(data[at : at + 3], max(0, at - 8000), at + 2) if at + 3 <= len(data) else -1
        if not 0 <= found < at:
            mark(0)
            out.append(data[at])
            at += 1
            continue
        length = 3
        while at + length < len(data) and data[found + length] == data[at + length]:
            length += 1
        mark(1)
        out += struct.pack("<H", at - found - 1 << 3 | min(length - 3, 7))
        if length >= 10 and half < 0:
            half = len(out)
            out.append(min(length - 10, 15))
        elif length >= 10:
            out[half] |= min(length - 10, 15) << 4
            half = -1
        if length >= 25:
            out += bytes([length - 25]) if length < 280 else b"\xff" + struct.pack("<H", length - 3)
        at += length
    mark(1)
    return bytes(out)


@pytest.mark.parametrize(("algorithm", "data", "plain"), EXAMPLES)
def test_the_examples_of_the_specification(algorithm: int, data: bytes, plain: bytes) -> None:
    assert decompress(packed(algorithm, data, len(plain))) == plain
    assert decompress(packed(algorithm, data, len(plain), b"head")) == b"head" + plain
    assert decompress(chained(len(plain), link(algorithm, data, len(plain)))) == plain


def test_chains_join_what_each_link_holds() -> None:
    links = link(NONE, b"head"), repeated(b"\0", 5000), link(LZNT1, TUNE_PACKED, len(TUNE)), link(NONE, b"tail")
    plain = b"head" + bytes(5000) + TUNE + b"tail"
    assert decompress(chained(len(plain), *links)) == plain


def test_chunks_may_be_left_as_they_are() -> None:
    data = random.Random(1).randbytes(4096)
    assert decompress(packed(LZNT1, struct.pack("<H", 0x3FFF) + data + TUNE_PACKED, 4096 + len(TUNE))) == data + TUNE


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=40) | st.sampled_from([LETTERS, LETTERS[:11], b"ab" * 90, b"x" * 700]), max_size=20))
def test_plain_lz77_comes_back(pieces: list[bytes]) -> None:
    plain = b"".join(pieces)
    assert decompress(packed(LZ77, lz77(plain), len(plain))) == plain


@pytest.mark.parametrize(
    "frame",
    [
        b"\xfcSMB",
        packed(HUFFMAN, bytes(300), 50),
        packed(LZ77, b"\xff" * 4 + b"\xf8\xff", 50),
        packed(LZ77, EXAMPLES[0][1], len(LETTERS) + 1),
        packed(LZNT1, TUNE_PACKED[:-9], len(TUNE)),
        packed(LZ77, b"", MESSAGE_LIMIT_BYTES + 1),
        packed(NONE, b"abc", 3),
        chained(1 << 31, repeated(b"x", 1 << 31)),
        chained(9, repeated(b"x", 10)),
        chained(10, repeated(b"x", 9)),
        chained(10, link(PATTERN, b"x")),
    ],
)
def test_what_cannot_be_had_is_none(frame: bytes) -> None:
    assert decompress(frame) is None


LINK = st.builds(link, st.integers(0, 6), st.binary(max_size=60), st.integers(0, 3000) | st.none())
FRAME = st.one_of(
    st.binary(max_size=40).map(lambda data: b"\xfcSMB" + data),
    st.builds(packed, st.integers(0, 6), st.binary(max_size=200), st.integers(0, 5000), st.binary(max_size=9)),
    st.builds(lambda size, links: chained(size, *links), st.integers(0, 9000), st.lists(LINK, max_size=5)),
)


@settings(max_examples=300, deadline=None)
@given(FRAME)
def test_any_frame_gives_a_message_of_its_size_or_none(frame: bytes) -> None:
    message = decompress(frame)
    assert message is None or len(message) < 16_000
