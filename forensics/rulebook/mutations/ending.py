"""A name that says something else."""

from __future__ import annotations

import random

from forensics.rulebook.mutations.base import Mutation, Sample


class Ending(Mutation):
    """Another ending, the bytes as they are."""

    name = "ending"
    family = "name"
    cost = 1
    variants = ("dat", "txt", "jpg")

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        return sample.changed(sample.data, f"{sample.stem}.{argument}")
