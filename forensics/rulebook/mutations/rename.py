"""A name that says nothing."""

from __future__ import annotations

import random

from forensics.rulebook.mutations.base import Mutation, Sample


class Rename(Mutation):
    """Another name with the same ending."""

    name = "rename"
    family = "name"
    cost = 1

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        ending = sample.name[len(sample.stem) :]
        return sample.changed(sample.data, f"document{chance.randrange(1000):03d}{ending}")
