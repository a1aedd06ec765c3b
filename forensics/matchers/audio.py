"""registered-audio: the sound of a registered clip, however it was encoded, cut or wrapped."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from forensics.content import IN_MEMORY_BYTES, Content
from forensics.fingerprints.audio.search import AudioMatch, search
from forensics.matchers.base import Matcher
from forensics.model import Artifact, Excerpt, Match, Severity


class AudioMatcher(Matcher):
    """Compares decoded audio with every registered clip."""

    name = "audio"

    def wants(self, artifact: Artifact) -> bool:
        """Decoded samples, while anything is registered."""
        return artifact.media_type == "audio/x-pcm" and len(self.register) > 0

    def match(self, artifact: Artifact, *, candidates: int = 0) -> Iterator[Match]:
        """Yield the clips found, strongest first, then up to `candidates` below the threshold."""
        for hit in search(self.register.audio, samples_of(artifact.content), candidates=candidates):
            yield self._match(replace(hit, query_start_s=round(hit.query_start_s + artifact.start_s, 3)), artifact)

    def _match(self, hit: AudioMatch, artifact: Artifact) -> Match:
        item = self.register.item(hit.item)
        return Match(
            rule="registered-audio",
            matcher=self.name,
            artifact=artifact.number,
            score=hit.score,
            title=f"Registered clip {hit.item}",
            severity=Severity.HIGH,
            accepted=hit.accepted,
            item=hit.item,
            package=item.package if item else "",
            query_start_s=hit.query_start_s,
            clip_start_s=hit.clip_start_s,
            duration_s=hit.duration_s,
            speed=hit.speed,
            category="registered",
            why=(Excerpt(kind="audio", label=hit.item, text=describe(hit, artifact.role)),),
        )


def samples_of(content: Content) -> NDArray[np.int16]:
    """16-bit little-endian samples; long recordings are mapped, not read. An odd last byte is left out."""
    count = content.size // 2
    if content.size <= IN_MEMORY_BYTES:
        return np.frombuffer(content.bytes(), dtype="<i2", count=count)
    mapped = mmap.mmap(content.descriptor(), 0, access=mmap.ACCESS_READ)
    return np.frombuffer(mapped, dtype="<i2", count=count)


def describe(hit: AudioMatch, signal: str) -> str:
    """Clip, seconds, place, speed and score in words; `signal` is the channel or track that was heard, if any."""
    end_s = hit.clip_start_s + hit.duration_s
    speed = "" if abs(hit.speed - 1) < 0.005 else f", at {hit.speed * 100:.0f} % speed"
    place = f"{hit.query_start_s:.2f} s" + (f" of {signal}" if signal else "")
    where = f"seconds {hit.clip_start_s:.2f}-{end_s:.2f} at {place}{speed}"
    return f"clip {hit.item} {where}, score {hit.score:.2f} (threshold 1)"
