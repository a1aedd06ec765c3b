"""What matchers of recordings have in common: the samples they are given, and what they say of what they heard."""

from __future__ import annotations

import mmap

import numpy as np
from numpy.typing import NDArray

from forensics.content import IN_MEMORY_BYTES, Content
from forensics.fingerprints.audio.search import AudioMatch
from forensics.sound_words import changes, odds


def samples_of(content: Content) -> NDArray[np.int16]:
    """16-bit little-endian samples; long recordings are mapped, not read. An odd last byte is left out."""
    count = content.size // 2
    if content.size <= IN_MEMORY_BYTES:
        return np.frombuffer(content.bytes(), dtype="<i2", count=count)
    mapped = mmap.mmap(content.descriptor(), 0, access=mmap.ACCESS_READ)
    return np.frombuffer(mapped, dtype="<i2", count=count)


def describe(hit: AudioMatch, signal: str) -> str:
    """Clip, seconds, place, what was changed and how sure, in words; `signal` is the channel or track heard, if any."""
    end_s = hit.clip_start_s + hit.duration_s
    place = f"{hit.query_start_s:.2f} s" + (f" of {signal}" if signal else "")
    parts = [
        f"clip {hit.item} seconds {hit.clip_start_s:.2f}-{end_s:.2f} at {place}",
        *changes(hit.speed, hit.pitch),
        f"score {hit.score:.2f} (threshold 1)",
        f"by chance: {odds(hit.false_alarm)} recordings",
    ]
    return ", ".join(parts)
