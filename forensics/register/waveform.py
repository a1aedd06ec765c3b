"""A waveform in few bytes: 8-bit mu-law (ITU-T G.711's curve, full scale), then deflated; about 7 KB a second.

The error lies 38 dB below the speech, which costs the coherent check nothing.
"""

from __future__ import annotations

import struct
import zlib
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forensics.errors import Malformed

_HEADER: Final = struct.Struct("<4sI")
_MAGIC: Final = b"EWW1"
_MU: Final = 255.0
MOST_SAMPLES: Final = 600 * 8000
"""Ten minutes; longer recordings are no clips, and are not kept."""


def pack(samples: NDArray[np.int16]) -> bytes:
    """Code samples, mono at 8,000 Hz."""
    level = np.abs(samples.astype(np.float32)) / 32768
    code = np.sign(samples) * np.rint(np.log1p(_MU * level) * np.float32(127 / np.log1p(_MU)))
    return _HEADER.pack(_MAGIC, len(samples)) + zlib.compress(code.astype(np.int8).tobytes(), 6)


def unpack(data: bytes) -> NDArray[np.int16]:
    """Read what `pack` made; raises Malformed for anything else, and never makes more than the header says."""
    if len(data) < _HEADER.size:
        raise Malformed("the waveform is cut short")
    magic, count = _HEADER.unpack_from(data)
    if magic != _MAGIC or count > MOST_SAMPLES:
        raise Malformed("not a waveform of this version")
    try:
        inflate = zlib.decompressobj()
        codes = inflate.decompress(data[_HEADER.size :], count + 1)
    except zlib.error as error:
        raise Malformed("the waveform cannot be inflated") from error
    if len(codes) != count or not inflate.eof or inflate.unused_data:
        raise Malformed("the waveform has another length than it says")
    return np.take(_levels(), np.frombuffer(codes, np.uint8))


@cache
def _levels() -> NDArray[np.int16]:
    """The sample each code stands for."""
    code = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.float64)
    level = np.expm1(np.abs(code) * np.log1p(_MU) / 127) / _MU
    levels: NDArray[np.int16] = np.clip(np.rint(np.sign(code) * level * 32768), -32768, 32767).astype(np.int16)
    return levels
