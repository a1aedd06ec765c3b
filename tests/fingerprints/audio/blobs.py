"""Fingerprints made of given codes, without sound."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio.codes import STEP, VERSION


def blob(values: NDArray[np.uint64], usable: NDArray[np.bool_]) -> bytes:
    """These codes, laid out as `fingerprint` does."""
    head = struct.pack("<4sHHI", b"EWAC", VERSION, STEP, len(values))
    return head + values.astype("<u8").tobytes() + np.packbits(usable, bitorder="little").tobytes()


def random_blob(seed: int, size: int) -> bytes:
    """That many random codes, all of them usable."""
    values = np.random.default_rng(seed).integers(0, 2**64, size, dtype=np.uint64)
    return blob(values, np.ones(size, np.bool_))
