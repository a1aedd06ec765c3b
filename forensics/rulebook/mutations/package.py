"""Another package format."""

from __future__ import annotations

import random

from forensics.rulebook.making.packages import PACKAGES
from forensics.rulebook.mutations.base import Mutation, Sample


class Package(Mutation):
    """The translation units exported into another format."""

    name = "package"
    family = "package"
    reaches_inside = True
    cost = 3
    variants = ("csv", "json", "po", "srt", "tmx", "xliff")

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        write, ending = PACKAGES[argument]
        units = [unit for unit in sample.opened.units if unit.source or unit.target or unit.candidates]
        if not units or sample.name.lower().endswith(ending):
            return None
        return sample.changed(write(units).encode("utf-8", "replace"), f"{sample.stem}{ending}")
