"""Capitals."""

from __future__ import annotations

import random

from forensics.rulebook.making.words import rewritten
from forensics.rulebook.mutations.base import Mutation, Sample


class Upper(Mutation):
    """Every word in capitals."""

    name = "upper"
    family = "words"
    reaches_inside = True

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        return rewritten(sample, str.upper)
