"""Measure the acoustic engine: recall at 0.1 % false positives, beside its peers; sizes and times.

    make bench-audio
    OPENBLAS_NUM_THREADS=1 python -m tests.benchmarks.bench_audio --queries 20 --kinds ex1,phone --negatives 300 \\
        --registry 1000 --no-peers --no-scale

What is measured, on what, and what the columns mean stands in tests/benchmarks/README.md.
"""

from __future__ import annotations

import argparse

import numpy as np

from forensics.fingerprints.audio.codes import VERSION
from tests.benchmarks import audio_negatives, audio_tables, audio_takes
from tests.benchmarks import audio_shelf as shelf
from tests.benchmarks.audio_corpus import Clip
from tests.benchmarks.audio_engine import Engine, fingerprints, registration_ms
from tests.benchmarks.audio_negatives import COUNTS, negatives
from tests.benchmarks.audio_peers import Audfprint, Chromaprint, Panel
from tests.benchmarks.audio_queries import IMPOSSIBLE, MAIN, Queries
from tests.benchmarks.audio_registry import Registry, Speech
from tests.benchmarks.audio_results import Reply, threshold
from tests.benchmarks.audio_scaling import HEAD, SIZES, Scaling
from tests.benchmarks.audio_startup import startup
from tests.benchmarks.audio_tables import OURS, Answers

AUDITED = 10
"""Negatives of a family, those with the highest scores, whose match is compared as a waveform, besides any accepted."""
SHOWN = 10
APART = "same text, own voice"
"""A synthesiser makes the same sounds each time: another take of it is close to an edit of the first. The mean is
also given without this family."""


class Bench:
    """Every system, the same negatives and the same questions to all of them."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.speech = Speech()
        self.registry = Registry(self.speech, options.registry)
        self.engine = Engine(self.registry, is_far=options.far)
        self.queries = Queries(self.speech)
        peer_registry = Registry(self.speech, min(options.peer_registry, options.registry))
        self.panels = [Panel(kind, peer_registry) for kind in (Chromaprint, Audfprint)] if options.peers else []
        self.peer_size = peer_registry.size
        self.above: dict[str, float] = {}
        self.above_apart: dict[str, float] = {}

    def refuse(self, families: dict[str, list[Clip]]) -> None:
        """Put the negatives; from their scores come every system's thresholds at 0.1 %."""
        print(audio_tables.refusals_head([panel.name for panel in self.panels]))
        kept: list[tuple[Reply, Clip]] = []
        scores: dict[str, dict[str, list[Reply]]] = {}
        for name, clips in families.items():
            replies = [self.engine.refuse(clip.samples) for clip in clips]
            there = self._really_there(replies, clips)
            own = [pair for number, pair in enumerate(zip(replies, clips, strict=True)) if number not in there]
            peers = {panel.name: self._refused_by(panel, name, clips) for panel in self.panels}
            seconds = sum(clip.seconds for clip in clips)
            print(audio_tables.refusals(name, seconds, [reply for reply, _ in own], len(there), peers), flush=True)
            kept += own
            scores[name] = {OURS: [reply for reply, _ in own], **peers}
        self.above = _thresholds(list(scores.values()))
        self.above_apart = _thresholds([own for name, own in scores.items() if name != APART])
        false = sum(reply.is_accepted for reply, _ in kept)
        print(f"{false} of {len(kept)} accepted as shipped; scores at 0.1 %: {_listed(self.above)}")
        print(f"without {APART}: {_listed(self.above_apart)}\nthe highest:")
        for reply, clip in sorted(kept, key=lambda pair: -pair[0].score)[:SHOWN]:
            print(f"  {reply.score:6.3f}  {clip.name[:44]:44s} as {reply.item[:40]}")

    def ask(self, title: str, kinds: tuple[str, ...]) -> None:
        """Put the distorted clips and print one line a distortion."""
        named = self.options.kinds.split(",") if self.options.kinds else list(kinds)
        chosen = self.queries.kinds([name for name in kinds if name in named])
        if not chosen:
            return
        print(f"\n{title}\n{audio_tables.kinds_head([panel.name for panel in self.panels])}")
        rows: dict[str, Answers] = {}
        for kind in chosen:
            asked = self.queries.of(kind, self.options.queries)
            samples, items = [query.samples for query in asked], [query.item for query in asked]
            rows[kind] = {OURS: [self.engine.ask(query) for query in asked]}
            for panel in self.panels:
                rows[kind][panel.name] = panel.ask(kind, self.queries.key, samples, items)
            print(audio_tables.kind(kind, rows[kind], self.above), flush=True)
        print(audio_tables.mean(f"mean of {len(rows)}", rows, self.above))
        print(audio_tables.mean("easier *", rows, self.above_apart))
        print(f"* at 0.1 % of the negatives without {APART}")

    def scale(self, families: dict[str, list[Clip]]) -> None:
        """Print what larger registries cost, and what a person waits."""
        scaling = Scaling(self.queries, families, fingerprints(self.registry))
        print(f"\nquestions of 3 to 5 s, one thread; clips beyond {self.registry.size} are synthetic codes\n{HEAD}")
        for size in SIZES:
            print(scaling.row(size), flush=True)
        print(scaling.stream(SIZES[1], self.speech.surroundings), flush=True)
        print(startup(self.registry, np.array(self.queries.of("opus_12k", 1)[0].samples)))

    def _refused_by(self, panel: Panel, name: str, clips: list[Clip]) -> list[Reply]:
        key = shelf.digest([clip.name for clip in clips], audio_negatives.made_of(self.speech))
        replies = panel.ask(name.replace(" ", "-"), key, [clip.samples for clip in clips], [""] * len(clips))
        there = self._really_there(replies, clips)
        return [reply for number, reply in enumerate(replies) if number not in there]

    def _really_there(self, replies: list[Reply], clips: list[Clip]) -> set[int]:
        """Negatives near the top whose waveform is in the clip they were taken for."""
        order = sorted(range(len(replies)), key=lambda number: -replies[number].score)
        audited = set(order[:AUDITED]) | {number for number in order if replies[number].is_accepted}
        return {number for number in audited if self._is_there(replies[number].item, clips[number])}

    def _is_there(self, item: str, clip: Clip) -> bool:
        return bool(item) and audio_takes.is_heard(self.registry.samples(item), np.asarray(clip.samples))


def _thresholds(families: list[Answers]) -> dict[str, float]:
    return {system: threshold([reply for family in families for reply in family[system]]) for system in families[0]}


def _listed(above: dict[str, float]) -> str:
    return ", ".join(f"{system} {score:.3f}" for system, score in above.items())


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    everything = sum(COUNTS.values())
    parser.add_argument("--queries", type=int, default=100, help="questions for each distortion")
    parser.add_argument("--kinds", default="", help="only these distortions, comma-separated")
    parser.add_argument("--negatives", type=int, default=everything, help="about so many, evenly from every family")
    parser.add_argument("--registry", type=int, default=10_000, help="registered clips, at least the human speech")
    parser.add_argument("--peer-registry", type=int, default=2_000, help="clips registered with the peers")
    parser.add_argument("--far", action="store_true", help="ask as `identify --far` does")
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--scale", action=argparse.BooleanOptionalAction, default=True)
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    options = arguments()
    bench = Bench(options)
    print(
        f"{bench.registry.size} clips registered ({len(bench.speech.registered)} asked for or like those, "
        f"{len(bench.speech.filler)} more human, {bench.registry.spoken_count} synthetic, "
        f"{bench.registry.collages} collages)"
        f"{f', {bench.peer_size} with the peers' if options.peers else ''}\n"
        f"fingerprints of version {VERSION}: {bench.engine.blob_bytes:.0f} bytes a clip, "
        f"{registration_ms(bench.speech):.1f} CPU ms a second of audio\n"
    )
    families = negatives(bench.speech, min(1.0, options.negatives / sum(COUNTS.values())))
    bench.refuse(families)
    bench.ask("registered clips, distorted", MAIN)
    bench.ask("what sounds impossible", IMPOSSIBLE)
    if options.scale:
        bench.scale(families)


if __name__ == "__main__":
    main()
