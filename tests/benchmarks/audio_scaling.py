"""What a larger registry costs: bytes, opening, questions and streams, at 10^4, 10^5 and 10^6 clips."""

from __future__ import annotations

import mmap
import time
from itertools import chain
from pathlib import Path

import numpy as np

from forensics.fingerprints.audio import postings, segment, segment_layout
from forensics.fingerprints.audio.index import AudioIndex
from forensics.fingerprints.audio.search import AudioMatch, search
from forensics.fingerprints.audio.segment import Segment
from tests.benchmarks import audio_shelf as shelf
from tests.benchmarks import audio_synthetic
from tests.benchmarks.audio_corpus import RATE_HZ, Clip, Samples
from tests.benchmarks.audio_queries import Queries
from tests.benchmarks.audio_synthetic import synthetic_fingerprints

SIZES = (10_000, 100_000, 1_000_000)
KINDS = ("opus_12k", "ex3", "speed_3", "white_10", "rerecord", "phone")
EACH = 12
STREAM_S = 600
STREAM_CLIPS = 10
MOST_CPU_S = 120.0
"""Questions stop after so long at one size; the table says how many were put."""
HEAD = (
    f"{'clips':>9s}{'bytes/clip':>11s}{'open ms':>9s}{'asked':>7s}{'found %':>9s}{'CPU ms':>8s}{'worst':>8s}"
    f"{'refused':>9s}{'false':>7s}{'CPU ms':>8s}{'worst':>8s}"
)


class Scaling:
    """Questions of 3 to 5 seconds, and registries of several sizes to put them to."""

    def __init__(self, queries: Queries, negatives: dict[str, list[Clip]], blobs: list[tuple[str, bytes]]) -> None:
        asked = [query for kind in KINDS for query in queries.of(kind, 100)]
        self._asked = [query for query in asked if 3 <= len(query.samples) / RATE_HZ <= 5]
        self._asked = self._asked[:: max(1, len(self._asked) // (EACH * len(KINDS)))]
        refused = [clip.samples for name, family in negatives.items() if name != "a minute" for clip in family]
        refused = [samples for samples in refused if 3 <= len(samples) / RATE_HZ <= 5]
        self._refused = refused[:: max(1, len(refused) // (EACH * len(KINDS)))]
        self._blobs = blobs
        self._filler = [blob for name, blob in blobs if name.startswith("collage-")]

    def open(self, size: int) -> tuple[AudioIndex, float, float]:
        """An index of that size mapped from a file, its bytes a clip, and the milliseconds opening took."""
        path = self._file(size)
        started = time.perf_counter()
        with path.open("rb") as file:
            index = AudioIndex([segment_layout.read(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))])
        return index, path.stat().st_size / size, 1000 * (time.perf_counter() - started)

    def row(self, size: int) -> str:
        """One line of the table."""
        index, bytes_per_clip, open_ms = self.open(size)
        search(index, np.array(self._asked[0].samples))
        found, asked_ms = self._ask(index)
        false, refused_ms = self._refuse(index)
        return (
            f"{size:9d}{bytes_per_clip:11.0f}{open_ms:9.1f}{len(asked_ms):7d}{100 * found / len(asked_ms):9.1f}"
            f"{np.mean(asked_ms):8.1f}{max(asked_ms):8.1f}{len(refused_ms):9d}{false:7d}{np.mean(refused_ms):8.1f}"
            f"{max(refused_ms):8.1f}"
        )

    def stream(self, size: int, talk: list[Samples]) -> str:
        """A long recording with registered clips in it: how many times as fast as it plays."""
        index, _, _ = self.open(size)
        random = np.random.default_rng(STREAM_S)
        order = random.permutation(len(talk))
        inside = self._asked[:: len(self._asked) // STREAM_CLIPS][:STREAM_CLIPS]
        long = np.concatenate([talk[number] for number in np.resize(order, 400)])[: STREAM_S * RATE_HZ]
        pieces = np.array_split(long, len(inside))
        whole = np.concatenate(
            list(chain(*([piece, query.samples] for piece, query in zip(pieces, inside, strict=True))))
        )
        started = time.process_time()
        matches = [match.item for match in search(index, whole) if match.accepted]
        cpu_s = time.process_time() - started
        seconds = len(whole) / RATE_HZ
        found = len({query.item for query in inside} & set(matches))
        stray = len(set(matches) - {query.item for query in inside})
        return (
            f"stream of {seconds:.0f} s at {size} clips: {seconds / cpu_s:.0f} times as fast as it plays; "
            f"{found} of {len(inside)} clips found, {stray} others named"
        )

    def _ask(self, index: AudioIndex) -> tuple[int, list[float]]:
        found, cpu_ms = 0, [0.0]
        for query in self._asked:
            if sum(cpu_ms) > 1000 * MOST_CPU_S:
                break
            matches, taken_ms = _timed(index, query.samples)
            cpu_ms.append(taken_ms)
            found += any(match.accepted and match.item == query.item for match in matches)
        return found, cpu_ms[1:]

    def _refuse(self, index: AudioIndex) -> tuple[int, list[float]]:
        false, cpu_ms = 0, [0.0]
        for samples in self._refused:
            if sum(cpu_ms) > 1000 * MOST_CPU_S:
                break
            matches, taken_ms = _timed(index, samples)
            cpu_ms.append(taken_ms)
            false += any(match.accepted for match in matches)
        return false, cpu_ms[1:]

    def _file(self, size: int) -> Path:
        """The segment's file, written once for a layout and an encoder."""
        key = shelf.digest([blob for _, blob in self._blobs], segment, segment_layout, postings, audio_synthetic)
        path = shelf.SHELF / "segments" / f"{size}-{key}.ewsg"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            for old in path.parent.glob(f"{size}-*"):
                old.unlink()
            kept = self._blobs[:size]
            items = chain(kept, synthetic_fingerprints(self._filler, size - len(kept)))
            partial = path.with_suffix(".partial")
            with partial.open("wb") as file:
                file.writelines(segment_layout.pack(Segment.build(items)))
            partial.replace(path)
        return path


def _timed(index: AudioIndex, samples: Samples) -> tuple[list[AudioMatch], float]:
    own = np.array(samples)
    started = time.process_time()
    matches = search(index, own)
    return matches, 1000 * (time.process_time() - started)
