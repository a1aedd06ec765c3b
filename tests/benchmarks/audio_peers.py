"""Other programs on the same questions: Chromaprint's fpcalc, and audfprint with dense settings.

Their answers are kept on the shelf: they change only with the questions and the registry.
"""

from __future__ import annotations

import inspect
import logging
import resource
import subprocess
import time
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from tests.benchmarks import audio_shelf as shelf
from tests.benchmarks.audio_corpus import Samples
from tests.benchmarks.audio_registry import Registry
from tests.benchmarks.audio_results import Reply

BITS = 32


class Peer(Protocol):
    """Analyses sound, registers what came out and names the clip on top."""

    name: str

    def analyse(self, samples: Samples) -> NDArray[Any]:
        """What it keeps of a sound, as a flat array."""

    def register(self, name: str, values: NDArray[Any]) -> None:
        """Add a clip."""

    def top(self, values: NDArray[Any]) -> tuple[str, float]:
        """The likeliest clip and its score; an empty name when there is none."""


class Chromaprint:
    """fpcalc's raw fingerprints: every clip at every offset, by bit errors.

    The score is how many standard deviations the bit errors are below those of chance, so that length counts. The
    shorter of query and clip lies wholly within the longer. Fingerprints that stand still (silence) are left out.
    """

    name = "fpcalc"

    def __init__(self) -> None:
        self._clips: list[tuple[str, NDArray[np.uint32]]] = []
        self._by_length: dict[int, tuple[list[int], NDArray[np.uint32]]] = {}

    def register(self, name: str, values: NDArray[np.uint32]) -> None:
        """Add a clip."""
        self._clips.append((name, values))

    def top(self, values: NDArray[np.uint32]) -> tuple[str, float]:
        """The likeliest clip."""
        query = values
        if len(query) < 2:
            return "", 0.0
        best = ("", 0.0)
        for length, (numbers, clips) in self._blocks().items():
            errors = _errors(query, clips) if length >= len(query) else _errors_within(query, clips)
            count = BITS * min(length, len(query))
            score = float((count / 2 - errors.min()) / np.sqrt(count / 4))
            if score > best[1]:
                best = self._clips[numbers[int(np.argmin(errors))]][0], score
        return best

    def _blocks(self) -> dict[int, tuple[list[int], NDArray[np.uint32]]]:
        if not self._by_length:
            lengths = np.array([len(values) for _, values in self._clips])
            for length in np.unique(lengths[lengths >= 2]):
                numbers = np.flatnonzero(lengths == length).tolist()
                self._by_length[int(length)] = (numbers, np.stack([self._clips[number][1] for number in numbers]))
        return self._by_length

    def analyse(self, samples: Samples) -> NDArray[np.uint32]:
        """The raw fingerprint; empty below three seconds or when it stands still."""
        command = [
            "fpcalc",
            "-raw",
            "-plain",
            "-length",
            "0",
            "-format",
            "s16le",
            "-rate",
            "8000",
            "-channels",
            "1",
            "-",
        ]
        # Exits with an error at the end of every input; what it printed before is whole.
        run = subprocess.run(command, input=samples.tobytes(), capture_output=True, check=False)
        values = np.array([int(value) for value in run.stdout.split(b",") if value.strip()], dtype=np.uint32)
        return values if len(np.unique(values)) > 1 else values[:0]


def _errors(query: NDArray[np.uint32], clips: NDArray[np.uint32]) -> NDArray[np.int64]:
    """The fewest bit errors of the query anywhere in each clip that is at least as long."""
    places = clips.shape[1] - len(query) + 1
    errors = np.zeros((len(clips), places), dtype=np.int64)
    for index, value in enumerate(query):
        errors += np.bitwise_count(clips[:, index : index + places] ^ value)
    return errors.min(axis=1)


def _errors_within(query: NDArray[np.uint32], clips: NDArray[np.uint32]) -> NDArray[np.int64]:
    """The fewest bit errors of each clip anywhere in the query, which is longer."""
    places = len(query) - clips.shape[1] + 1
    errors = np.zeros((len(clips), places), dtype=np.int64)
    for index in range(clips.shape[1]):
        errors += np.bitwise_count(clips[:, index, None] ^ query[None, index : index + places])
    return errors.min(axis=1)


class Audfprint:
    """Landmarks: 70 a second, 8 pairs for each peak, one shift; the score is the number that fall on one line."""

    name = "audfprint"

    def __init__(self) -> None:
        from audfprint2 import Analyzer, HashTable, Matcher

        logging.getLogger("audfprint2").setLevel(logging.ERROR)
        self._analyzer: Any = Analyzer(density=70.0)
        self._analyzer.maxpairsperpeak = 8
        self._table: Any = HashTable(hashbits=20, depth=100)
        self._matcher: Any = Matcher()
        self._matcher.threshcount = 1

    def register(self, name: str, values: NDArray[np.int32]) -> None:
        """Add a clip."""
        self._table.store(name, [(int(time_), int(hash_)) for time_, hash_ in values.reshape(-1, 2)])

    def top(self, values: NDArray[np.int32]) -> tuple[str, float]:
        """The likeliest clip."""
        hashes = values.reshape(-1, 2)
        rows = self._matcher.match_hashes(self._table, hashes) if len(hashes) else []
        return (str(self._table.names[rows[0][0]]), float(rows[0][1])) if len(rows) else ("", 0.0)

    def analyse(self, samples: Samples) -> NDArray[np.int32]:
        """Pairs of time and hash."""
        from audfprint2.core.analyzer import landmarks2hashes

        high = resample_poly(samples.astype(np.float64) / 32768, 441, 320)
        if len(high) < self._analyzer.n_fft:
            return np.zeros(0, np.int32)
        peaks = self._analyzer.find_peaks(high, self._analyzer.target_sr)
        hashes = landmarks2hashes(self._analyzer.peaks2landmarks(peaks))
        return np.unique(hashes, axis=0).astype(np.int32).ravel()


class Panel:
    """A peer with its registry; both are only made when an answer is not on the shelf."""

    def __init__(self, kind: type[Peer], registry: Registry) -> None:
        self.name = kind.name
        self._kind, self._registry = kind, registry
        self._peer: Peer | None = None

    def ask(self, label: str, key: str, samples: list[Samples], items: list[str]) -> list[Reply]:
        """Answers in order; `items` are the clips asked for, empty for a negative."""
        answers = shelf.keep_value(
            f"peers/{self.name}-{label}-{len(samples)}",
            shelf.digest(key, self._registry.key, self._registry.size, inspect.getsource(self._kind)),
            lambda: [self._timed(np.array(each)) for each in samples],
        )
        return [
            Reply(item=name, score=score, is_right=bool(name) and name == item, cpu_ms=cpu_ms)
            for (name, score, cpu_ms), item in zip(answers, items, strict=True)
        ]

    def _timed(self, samples: Samples) -> tuple[str, float, float]:
        peer = self._filled()
        started = _cpu_s()
        name, score = peer.top(peer.analyse(samples))
        return name, score, 1000 * (_cpu_s() - started)

    def _filled(self) -> Peer:
        if self._peer is None:
            peer = self._peer = self._kind()
            analysed = shelf.keep_arrays(
                f"peers/{self.name}-registered-{self._registry.size}",
                shelf.digest(self._registry.key, inspect.getsource(self._kind)),
                lambda: [({"name": clip.name}, peer.analyse(np.array(clip.samples))) for clip in self._registry],
            )
            for about, values in analysed:
                peer.register(about["name"], np.array(values))
        return self._peer


def _cpu_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
