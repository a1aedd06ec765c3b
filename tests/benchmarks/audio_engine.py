"""The engine under test: registering, asking, and judging the answers against the truth."""

from __future__ import annotations

import time

import numpy as np

from forensics.fingerprints.audio.codes import fingerprint
from forensics.fingerprints.audio.index import AudioIndex
from forensics.fingerprints.audio.search import AudioMatch, search
from tests.benchmarks import audio_shelf as shelf
from tests.benchmarks.audio_corpus import Samples
from tests.benchmarks.audio_queries import Query
from tests.benchmarks.audio_registry import Registry, Speech
from tests.benchmarks.audio_results import Reply
from tests.benchmarks.audio_takes import is_heard

CANDIDATES = 5
PROBES = 20
"""Clips whose fingerprints say whether the encoder has changed."""


def fingerprints(registry: Registry) -> list[tuple[str, bytes]]:
    """Every registered clip's id and fingerprint, kept on the shelf until the encoder changes."""
    probes = [fingerprint(clip.samples) for clip, _ in zip(registry, range(PROBES), strict=False)]
    arrays = shelf.keep_arrays(
        f"fingerprints/{registry.size}",
        shelf.digest(registry.key, probes),
        lambda: [({"id": clip.name}, np.frombuffer(fingerprint(clip.samples), np.uint8)) for clip in registry],
    )
    return [(about["id"], blob.tobytes()) for about, blob in arrays]


def registration_ms(speech: Speech, count: int = 100) -> float:
    """CPU milliseconds for a second of audio."""
    clips = speech.registered[:count]
    fingerprint(clips[0].samples)
    started = time.process_time()
    for clip in clips:
        fingerprint(clip.samples)
    return 1000 * (time.process_time() - started) / sum(clip.seconds for clip in clips)


class Engine:
    """An index, questions put to it, and what the answers are worth."""

    def __init__(self, registry: Registry, *, is_far: bool = False) -> None:
        blobs = fingerprints(registry)
        self.blob_bytes = float(np.mean([len(blob) for _, blob in blobs]))
        self.index = AudioIndex.build(blobs)
        self._registry = registry
        self._is_far = is_far

    def ask(self, query: Query) -> Reply:
        """Put a distorted clip."""
        matches, cpu_ms = self._search(query.samples)
        own = [match for match in matches if match.item == query.item]
        others = [match for match in matches if match.accepted and match.item != query.item]
        top = matches[0] if matches else None
        return Reply(
            item=top.item if top else "",
            score=top.score if top else 0.0,
            is_right=top is not None and top.item == query.item,
            is_accepted=any(match.accepted for match in own),
            is_stray=any(not self._is_there(match, query.samples) for match in others),
            offset_ms=_offset_ms(own[0], query) if own else float("nan"),
            cpu_ms=cpu_ms,
        )

    def refuse(self, samples: Samples) -> Reply:
        """Put a recording that holds no registered clip."""
        matches, cpu_ms = self._search(samples)
        top = matches[0] if matches else None
        is_accepted = any(match.accepted for match in matches)
        return Reply(
            item=top.item if top else "", score=top.score if top else 0.0, is_accepted=is_accepted, cpu_ms=cpu_ms
        )

    def _search(self, samples: Samples) -> tuple[list[AudioMatch], float]:
        own = np.array(samples)
        started = time.process_time()
        matches = search(self.index, own, candidates=CANDIDATES, is_far=self._is_far)
        return matches, 1000 * (time.process_time() - started)

    def _is_there(self, match: AudioMatch, samples: Samples) -> bool:
        return is_heard(self._registry.samples(match.item), samples)


def _offset_ms(match: AudioMatch, query: Query) -> float:
    due_s = (match.clip_start_s - query.start_s) / query.speed
    return 1000 * abs(due_s - match.query_start_s)
