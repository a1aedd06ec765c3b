"""Train the encoders and calibrate the score, all stages or one; see README.md.

OPENBLAS_NUM_THREADS=1 python -m tests.benchmarks.training [--minutes MINUTES] [--out FOLDER] [STAGE]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks import audio_shelf as shelf
from tests.benchmarks.training import calibrate, material, pairs, sources
from tests.benchmarks.training.chosen import hear_with
from tests.benchmarks.training.questions import EACH, Tuning

if TYPE_CHECKING:
    from tests.benchmarks.training.learning import Plan

RECIPES = {"rough": material.ROUGH, "fine": material.FINE}
FINE_SHARE = (17, 22)
"""Of 25 minutes for the rough encoder, how long each of the two runs for the fine one takes."""


class Training:
    """The stages, each of which reads what those before it left in the folder; torch is for training alone."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.out: Path = options.out

    def material(self) -> None:
        """Make the pairs of both encoders, each part in a process of its own."""
        sources.sources()
        with ProcessPoolExecutor(self.options.processes) as pool:
            for name, recipe in RECIPES.items():
                jobs = [
                    pool.submit(_make, recipe, part, self.options, self._pairs(name)[part])
                    for part in range(material.PARTS)
                ]
                print(f"{name}: {sum(job.result() for job in jobs)} pairs", flush=True)

    def rough(self) -> None:
        """Train the rough encoder."""
        from tests.benchmarks.training import rough

        rough.train(pairs.load(self._pairs("rough")), self._plan(rough.PLAN, 25), self.out / "rough.pt")

    def takes(self) -> None:
        """Find other takes with it."""
        from tests.benchmarks.training import networks, takes

        clips = sources.sources()
        human = {number: clip for number, clip in enumerate(clips) if sources.is_human(clip)}
        state = networks.load(self.out / "rough.pt")
        arrays = networks.with_background("rough", state, list(human.values()))
        twice = {name.replace("rough", head): values for name, values in arrays.items() for head in ("rough", "fine")}
        hear_with(twice)
        found = list(takes.mine(dict(list(human.items())[: self.options.most])))
        takes.save(self.out / "takes.npz", found)
        print(f"{len(found)} takes of {len({take.source for take in found})} clips", flush=True)

    def fine(self) -> None:
        """Train the fine encoder, in two runs."""
        from tests.benchmarks.training import fine, networks, takes

        found, clips = takes.load(self.out / "takes.npz"), sources.sources()
        others = {take.other for each in found.values() for take in each}
        clean = takes.clean_bands({number: clips[number] for number in sorted(others)})
        lesson = fine.Lesson(pairs.load(self._pairs("fine")), found, clean)
        start, end = self.out / "rough.pt", self.out / "fine.pt"
        for plan, minutes in zip(fine.PLANS, FINE_SHARE, strict=True):
            fine.train(lesson, networks.load(start), self._plan(plan, minutes), end)
            start = end

    def export(self) -> None:
        """Write both encoders as the product runs them."""
        from tests.benchmarks.training import networks

        clips = Tuning(self.options.share).clips
        arrays = {
            **networks.with_background("rough", networks.load(self.out / "rough.pt"), clips),
            **networks.with_background("fine", networks.load(self.out / "fine.pt"), clips),
        }
        np.savez(self.out / "network.npz", allow_pickle=True, **arrays)

    def calibrate(self) -> None:
        """Fit the score to these encoders; to the shipped ones where none were exported."""
        self.out.mkdir(parents=True, exist_ok=True)
        if (exported := self.out / "network.npz").exists():
            with np.load(exported, allow_pickle=False) as file:
                hear_with({name: file[name] for name in file.files})
        tuning, path = Tuning(self.options.share), self.out / "calibration.json"
        calibrate.calibrate(tuning, path, registry=self.options.registry, each=self.options.questions)

    def _pairs(self, name: str) -> list[Path]:
        return [self.out / f"pairs-{name}-{part}.npz" for part in range(material.PARTS)]

    def _plan(self, plan: Plan, minutes: float) -> Plan:
        """By steps unless told otherwise; minutes are shared out as they were at first."""
        by_clock = None if self.options.minutes is None else self.options.minutes * minutes / 25
        steps = plan.steps if self.options.steps is None else self.options.steps
        return replace(plan, steps=steps, minutes=by_clock, threads=self.options.threads)


def _make(recipe: material.Recipe, part: int, options: argparse.Namespace, path: Path) -> int:
    return pairs.save(path, material.pairs(recipe, part, rounds=options.rounds, most=options.most))


STAGES: dict[str, Callable[[Training], None]] = {
    "material": Training.material,
    "rough": Training.rough,
    "takes": Training.takes,
    "fine": Training.fine,
    "export": Training.export,
    "calibrate": Training.calibrate,
}


def main() -> None:
    """Read the command line and run the stages it names."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.training", description="Train the encoders.")
    parser.add_argument("stage", nargs="?", choices=STAGES, help="one stage; all of them without it")
    parser.add_argument("--out", type=Path, default=shelf.SHELF / "training", help="folder of everything that is made")
    parser.add_argument("--minutes", type=float, help="for the rough encoder, by the clock (the first time 25)")
    parser.add_argument("--threads", type=int, default=2, help="of torch")
    parser.add_argument("--processes", type=int, default=2, help="that make pairs")
    parser.add_argument("--registry", type=int, default=100_000, help="synthetic clips that chance is measured by")
    small = parser.add_argument_group("for a trial")
    small.add_argument("--steps", type=int, help="of each training")
    small.add_argument("--rounds", type=int, help="of the sources")
    small.add_argument("--most", type=int, help="sources of a part; clips that are mined")
    small.add_argument("--questions", type=int, default=EACH, help="of a kind")
    small.add_argument("--share", type=float, default=1.0, help="of the negatives")
    options = parser.parse_args()
    for name in [options.stage] if options.stage else list(STAGES):
        print(f"-- {name}", flush=True)
        STAGES[name](Training(options))


if __name__ == "__main__":
    main()
