"""A picture of the screen."""

from __future__ import annotations

import random

from forensics.rulebook.making.pictures import screen
from forensics.rulebook.mutations.base import Mutation, Sample

_LEAST_CHARACTERS = 8


class Screenshot(Mutation):
    """What a file says, photographed from the screen."""

    name = "screenshot"
    family = "picture"
    cost = 1

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        text = sample.plain or sample.opened.text
        data = screen(text) if len(text) >= _LEAST_CHARACTERS else None
        return sample.changed(data, f"{sample.stem}.png") if data else None
