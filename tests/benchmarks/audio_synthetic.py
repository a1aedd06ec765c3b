"""Fingerprints that no sound has, to fill registries of 100,000 and 1,000,000 clips.

Each is made of runs of 15 to 50 codes of the registered filler, every run with a mask of its own that turns a quarter
of the bits: neighbouring codes stay as alike as in speech and buckets as full, and nothing repeats.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from forensics.fingerprints.audio.codes import unpack
from tests.benchmarks.audio_registry import SEED

_COUNT = struct.Struct("<I")
_COUNT_AT = 8
"""Where the number of codes stands in a fingerprint, after magic, version and step."""


def synthetic_fingerprints(real: list[bytes], count: int) -> Iterator[tuple[str, bytes]]:
    """That many ids and fingerprints of 2 to 8 seconds, drawn from the codes of real ones."""
    clips = [unpack(blob) for blob in real]
    values = np.concatenate([clip.values for clip in clips])
    usable = np.concatenate([clip.is_usable for clip in clips])
    head = real[0][:_COUNT_AT]
    random = np.random.default_rng([SEED, 99])
    for number in range(count):
        runs = int(random.integers(2, 7))
        starts = random.integers(0, len(values) - 50, runs)
        ends = starts + random.integers(15, 51, runs)
        masks = random.integers(0, 1 << 64, (2, runs), dtype=np.uint64)
        spans = [(slice(start, end), mask) for start, end, mask in zip(starts, ends, masks[0] & masks[1], strict=True)]
        codes = np.concatenate([values[span] ^ mask for span, mask in spans])
        flags = np.packbits(np.concatenate([usable[span] for span, _ in spans]), bitorder="little")
        yield f"synthetic-{number}", head + _COUNT.pack(len(codes)) + codes.astype("<u8").tobytes() + flags.tobytes()
