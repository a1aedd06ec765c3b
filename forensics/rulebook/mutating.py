"""Changes samples by mutations that are named, `zip` or `edit:0.3`, one after the other and each time alike."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import forensics.rulebook.mutations
from forensics import plugins
from forensics.errors import RuleError
from forensics.rulebook.making.archives import inside
from forensics.rulebook.mutations.base import Mutation, Sample
from forensics.text_safety import encodable

MOST_SAMPLE_BYTES = 8 << 20
MOST_MADE_BYTES = 32 << 20
MOST_STEPS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One mutation with its argument."""

    mutation: Mutation
    argument: str = ""

    @property
    def name(self) -> str:
        """How it is written: `zip`, `edit:0.3`."""
        return f"{self.mutation.name}:{self.argument}" if self.argument else self.mutation.name

    @property
    def names(self) -> tuple[str, str, str]:
        """What it may be called: with its argument, without, by its family."""
        return self.name, self.mutation.name, self.mutation.family

    @property
    def cost(self) -> int:
        """What it takes whoever does it."""
        return self.mutation.cost


@cache
def mutations() -> Mapping[str, Mutation]:
    """Every mutation by its name."""
    found = plugins.discover(forensics.rulebook.mutations, Mutation)  # type: ignore[type-abstract]
    return {kind.name: kind() for kind in found}


def every_step() -> list[Step]:
    """Every mutation with each of its arguments, cheap ones first."""
    steps = [Step(mutation=each, argument=argument) for each in mutations().values() for argument in each.variants]
    return sorted(steps, key=lambda step: (step.cost, step.name))


def steps_of(names: Sequence[str]) -> list[Step]:
    """The steps of these names. Raises RuleError for one that there is not, and for too many."""
    if len(names) > MOST_STEPS:
        raise RuleError(f"more than {MOST_STEPS} mutations in a row")
    return [_step(name) for name in names]


def cost_of(names: Sequence[str]) -> int:
    """What these steps take whoever makes them. Raises RuleError as `steps_of` does."""
    return sum(step.cost for step in steps_of(names))


def change(sample: Sample, names: Sequence[str], seed: int) -> Sample | None:
    """The sample after these steps, the same for the same seed; None when one cannot be done to it.

    Raises RuleError for an unknown step, and for one that fails.
    """
    if len(sample.data) > MOST_SAMPLE_BYTES:
        return None
    sample = sample.changed(sample.data, encodable(sample.name) or "sample")
    for number, step in enumerate(steps_of(names)):
        chance = random.Random(f"{seed} {number} {step.name}")  # noqa: S311 - the same every time is what is wanted
        try:
            made = _made(step, sample, chance)
        except Exception as error:
            raise RuleError(f"mutation {step.name} failed: {type(error).__name__}") from error
        if made is None or len(made.data) > MOST_MADE_BYTES:
            return None
        if made.data == sample.data and made.name == sample.name:
            return None
        sample = made
    return sample


def _made(step: Step, sample: Sample, chance: random.Random) -> Sample | None:
    made = step.mutation.apply(sample, step.argument, chance)
    if made is None and step.mutation.reaches_inside:
        return inside(sample, lambda member: step.mutation.apply(member, step.argument, chance))
    return made


def _step(name: str) -> Step:
    kind, _, argument = name.partition(":")
    mutation = mutations().get(kind)
    if mutation is None:
        raise RuleError(f"no mutation {kind!r}; there are {', '.join(mutations())}")
    argument = argument or mutation.variants[0]
    if not mutation.takes(argument):
        raise RuleError(f"{name}: {kind} takes {', '.join(mutation.variants) if any(mutation.variants) else 'nothing'}")
    return Step(mutation=mutation, argument=argument)
