"""Patches become 64-bit codes: the signs of a trained projection, and a blob of them is a clip's fingerprint.

The projection ships as package data (`projection.npz`, made by tests/benchmarks/train_audio.py) and is part of the
format: VERSION names both. A code keeps 64 signs of 800 numbers, 25 codes a second: speech cannot be played back
from it.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from forensics.errors import Malformed
from forensics.fingerprints.audio import features

VERSION = 1
STEP = 4
"""Frames between the codes of a registered clip: 40 ms."""
BITS = 64
LEAST_CODES = 20
"""Usable codes a clip needs to be recognised after transcoding: 1.4 s of speech."""
_HEADER = struct.Struct("<4sHHI")
_MAGIC = b"EWAC"
_BLOCK_PATCHES = 2048


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes of successive patches, and which of them hold modulation: silence and tones are not usable."""

    values: NDArray[np.uint64]
    is_usable: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Model:
    """The shipped projection: matrix (patch, bit), threshold (bit), and codes of unrelated sounds."""

    projection: NDArray[np.float32]
    threshold: NDArray[np.float32]
    background: NDArray[np.uint64]


@cache
def model() -> Model:
    """Load the projection once a process."""
    data = resources.files(__package__).joinpath("projection.npz").read_bytes()
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return Model(
            projection=arrays["projection"].astype(np.float32),
            threshold=arrays["threshold"],
            background=arrays["background"],
        )


def encode(samples: NDArray[np.int16], *, step: int) -> Codes:
    """Code a patch every `step` frames of 10 ms; works in blocks, so that an hour costs no more memory than seconds."""
    reach = step * features.HOP
    count = patch_count(len(samples), step)
    values, usable = np.zeros(count, dtype=np.uint64), np.zeros(count, dtype=np.bool_)
    block = max(1, _BLOCK_PATCHES // step)
    for first in range(0, count, block):
        last = min(first + block, count)
        end = (last - 1) * reach + features.PATCH_SAMPLES
        patches, is_usable = features.patches(samples[first * reach : end], step=step)
        values[first:last] = _signs(patches)
        usable[first:last] = is_usable
    return Codes(values, usable)


def patch_count(samples: int, step: int) -> int:
    """How many patches `step` frames apart fit into that many samples."""
    return max(0, (samples - features.PATCH_SAMPLES) // (step * features.HOP) + 1)


def fingerprint(samples: NDArray[np.int16]) -> bytes:
    """The blob that registers a clip: a header, 8 bytes for each 40 ms and one bit saying whether they hold speech.

    `samples` are mono at 8,000 Hz. About 1 KB for 5 s. Clips below 0.63 s give a blob without codes.
    """
    codes = encode(samples, step=STEP)
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


def _signs(patches: NDArray[np.float32]) -> NDArray[np.uint64]:
    bits = patches @ model().projection > model().threshold
    return np.packbits(bits, axis=1, bitorder="little").view("<u8").ravel().astype(np.uint64)
