"""Measure the acoustic engine: recall at the shipped threshold, false matches, times and sizes.

    OPENBLAS_NUM_THREADS=1 python -m tests.benchmarks.bench_audio [QUERIES]

Needs Debian's asterisk-core-sounds-{en,es,fr}-wav, asterisk-moh-opsound-wav and ktuberling-data. The registry is half
of the `report` clips with all `tune` clips as filler; the other half and the longer readings, of the same voices, are
negatives, with words of many speakers and music. A false match whose waveform really is in the registered clip is
counted apart, as the same take under two names.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio.codes import fingerprint
from forensics.fingerprints.audio.index import AudioIndex
from forensics.fingerprints.audio.search import AudioMatch, search
from tests.benchmarks import audio_corpus as corpus
from tests.benchmarks.audio_corpus import Clip
from tests.benchmarks.audio_distortions import Distortion, catalogue

SEED = 9


@dataclass(slots=True)
class Row:
    """What one distortion did to the queries."""

    scores: list[float] = field(default_factory=list)
    accepted: int = 0
    on_top: int = 0
    offsets_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    false: int = 0

    def line(self, name: str) -> str:
        """One line of the table."""
        count = len(self.scores)
        low, high = wilson(self.accepted, count)
        offsets = self.offsets_ms or [float("nan")]
        return (
            f"{name:10s} {100 * self.accepted / count:6.1f} ({100 * low:3.0f}-{100 * high:3.0f}) "
            f"{100 * self.on_top / count:7.1f} {self.false:6d} {min(self.scores):7.2f} {np.median(self.scores):7.2f} "
            f"{np.median(offsets):9.1f} {max(offsets):7.1f} {np.mean(self.cpu_ms):8.1f}"
        )


class Bench:
    """A registry, and questions put to it."""

    def __init__(self, registered: list[Clip]) -> None:
        started = time.process_time()
        blobs = [(clip.name, fingerprint(clip.samples)) for clip in registered]
        self.registration_ms = 1000 * (time.process_time() - started) / sum(clip.seconds for clip in registered)
        self.blob_bytes = float(np.mean([len(blob) for _, blob in blobs]))
        self.index = AudioIndex.build(blobs)
        self.clips = {clip.name: clip for clip in registered}

    def ask(self, samples: NDArray[np.int16], candidates: int = 0) -> tuple[list[AudioMatch], float]:
        """Matches and CPU milliseconds."""
        started = time.process_time()
        matches = search(self.index, samples, candidates=candidates)
        return matches, 1000 * (time.process_time() - started)

    def distort(self, clips: list[Clip], distortion: Distortion, random: np.random.Generator) -> Row:
        """Put distorted clips and note what came back."""
        row = Row()
        for clip in clips:
            samples, start_s, speed = distortion(clip.samples, random)
            matches, cpu_ms = self.ask(samples, candidates=5)
            own = [match for match in matches if match.item == clip.name]
            row.cpu_ms.append(cpu_ms)
            row.scores.append(own[0].score if own else 0.0)
            row.accepted += any(match.accepted for match in own)
            row.on_top += bool(matches) and matches[0].item == clip.name
            others = [match for match in matches if match.accepted and match.item != clip.name]
            row.false += sum(not self.is_heard(match, samples) for match in others)
            if own and own[0].accepted:
                due_s = (own[0].clip_start_s - start_s) / speed
                row.offsets_ms.append(1000 * abs(due_s - own[0].query_start_s))
        return row

    def is_heard(self, match: AudioMatch, samples: NDArray[np.int16]) -> bool:
        """Say whether the registered clip's waveform is in the recording, or the recording's in the clip."""
        clip = self.clips[match.item].samples
        return corpus.is_same_take(samples, clip) or corpus.is_same_take(clip, samples)

    def refuse(self, name: str, clips: list[Clip]) -> str:
        """Put unregistered recordings: how many were false matches, which were the same take, the highest score."""
        false, same, highest, cpu = 0, 0, 0.0, []
        for clip in clips:
            matches, cpu_ms = self.ask(clip.samples, candidates=1)
            cpu.append(cpu_ms)
            heard = [match for match in matches if match.score > 0.5 and self.is_heard(match, clip.samples)]
            others = [match for match in matches if match not in heard]
            same += any(match.accepted for match in heard)
            false += any(match.accepted for match in others)
            highest = max([highest, *(match.score for match in others)])
        return f"{name:22s} {len(clips):5d} {false:6d} {same:10d} {highest:8.2f} {np.mean(cpu):8.1f}"


def wilson(successes: int, count: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a share."""
    z, share = 1.96, successes / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return max(0.0, middle - half), min(1.0, middle + half)


def main() -> None:
    """Measure and print."""
    queries = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    prompts, readings, tunes = corpus.prompts(), corpus.long_prompts(), corpus.music()
    if not prompts or not tunes:
        raise SystemExit("the speech packages are not installed: see the first lines of this file")
    report = corpus.split(prompts, "report")
    registered, unregistered = report[::2], report[1::2]
    bench = Bench(registered + corpus.split(prompts, "tune"))
    print(f"{len(bench.index)} clips, {bench.blob_bytes:.0f} bytes a clip, {bench.registration_ms:.1f} CPU ms a second")
    print(f"\n{'negatives':22s} {'count':>5s} {'false':>6s} {'same take':>10s} {'highest':>8s} {'CPU ms':>8s}")
    print(bench.refuse("same voices, prompts", unregistered), flush=True)
    print(bench.refuse("same voices, readings", corpus.split(readings, "report")), flush=True)
    print(bench.refuse("words of many speakers", corpus.words()), flush=True)
    print(bench.refuse("music", tunes), flush=True)
    kinds = catalogue(
        [clip.samples for clip in corpus.split(readings, "report")], [clip.samples for clip in tunes[1::2]]
    )
    random = np.random.default_rng(SEED)
    picked = [registered[index] for index in random.permutation(len(registered))[:queries]]
    print(
        f"\n{'distortion':10s} {'accepted %':>16s} {'top %':>7s} {'false':>6s} {'lowest':>7s} {'median':>7s}"
        f" {'offset ms':>9s} {'worst':>7s} {'CPU ms':>8s}"
    )
    for name, distortion in kinds.items():
        print(bench.distort(picked, distortion, random).line(name), flush=True)


if __name__ == "__main__":
    main()
