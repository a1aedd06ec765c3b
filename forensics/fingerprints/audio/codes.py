"""A clip's fingerprint: the signs of what the encoders say of it, 64 bits every 40 ms.

Codes at even positions are the rough encoder's, at odd positions the fine one's (see `network.py`). VERSION names the
encoders and the order of their codes. How much of the speech can be had back from codes is measured by
tests/benchmarks/bench_inversion.py.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.errors import Malformed
from forensics.fingerprints.audio import features
from forensics.fingerprints.audio.network import CONTEXT_FRAMES, STRIDE, Network, pack

VERSION = 2
STEP = 4
"""Frames between the codes of a registered clip: 40 ms."""
LEAST_CODES = 20
"""Codes of speech a clip needs to be recognised after transcoding: 0.8 s."""
_HEADER = struct.Struct("<4sHHI")
_MAGIC = b"EWAC"
_BLOCK_FRAMES = 2048
_MARGIN_FRAMES = 2 * features.REACH + CONTEXT_FRAMES


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes of a clip every 40 ms, rough and fine in turn, and where it holds sound that changes."""

    values: NDArray[np.uint64]
    is_usable: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.values)


def encode(samples: NDArray[np.int16]) -> Codes:
    """The codes of a clip, mono at 8,000 Hz; code `n` is centred on frame `n * STEP`.

    Works in blocks that overlap by all that a code depends on, so that an hour costs no more memory than seconds.
    """
    parts = list(_blocks(samples))
    if not parts:
        return Codes(np.zeros(0, np.uint64), np.zeros(0, np.bool_))
    return Codes(np.concatenate([part.values for part in parts]), np.concatenate([part.is_usable for part in parts]))


def _blocks(samples: NDArray[np.int16]) -> Iterator[Codes]:
    count = max(0, (len(samples) - features.WINDOW) // features.HOP + 1)
    for first in range(0, count, _BLOCK_FRAMES):
        begin, last = max(0, first - _MARGIN_FRAMES), min(count, first + _BLOCK_FRAMES)
        end = min(count, last + _MARGIN_FRAMES)
        piece = samples[begin * features.HOP : (end - 1) * features.HOP + features.WINDOW]
        bands, usable = features.normalise(features.band_powers(features.spectrum(piece)))
        at = slice((first - begin) // STRIDE, (last - begin + STRIDE - 1) // STRIDE, STEP // STRIDE)
        values = pack(Network.load("rough").outputs(bands)[at])
        values[1::2] = pack(Network.load("fine").outputs(bands)[at][1::2])
        yield Codes(values, usable[first - begin : last - begin : STEP])


def fingerprint(samples: NDArray[np.int16]) -> bytes:
    """The blob that registers a clip: a header, 8 bytes for each 40 ms and one bit saying whether they hold speech.

    `samples` are mono at 8,000 Hz. About 1 KB for 5 s. Clips shorter than a frame give a blob without codes.
    """
    codes = encode(samples)
    head = _HEADER.pack(_MAGIC, VERSION, STEP, len(codes))
    return head + codes.values.astype("<u8").tobytes() + np.packbits(codes.is_usable, bitorder="little").tobytes()


def unpack(blob: bytes) -> Codes:
    """Read a blob of `fingerprint`; raises Malformed when it is none, is cut, or has another version."""
    if len(blob) < _HEADER.size:
        raise Malformed("the acoustic fingerprint is cut short")
    magic, version, step, count = _HEADER.unpack_from(blob)
    if magic != _MAGIC or version != VERSION or step != STEP:
        raise Malformed("not an acoustic fingerprint of this version")
    if len(blob) != _HEADER.size + 8 * count + (count + 7) // 8:
        raise Malformed("the acoustic fingerprint has a wrong length")
    values = np.frombuffer(blob, dtype="<u8", count=count, offset=_HEADER.size).astype(np.uint64)
    flags = np.frombuffer(blob, dtype=np.uint8, offset=_HEADER.size + 8 * count)
    return Codes(values, np.unpackbits(flags, count=count, bitorder="little").astype(np.bool_))


def usable_count(blob: bytes) -> int:
    """How many codes of a blob hold speech: 0 means that the clip cannot be recognised."""
    return int(unpack(blob).is_usable.sum())
