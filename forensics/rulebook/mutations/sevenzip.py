"""7z."""

from __future__ import annotations

import random

from forensics.rulebook.making.sevenzip import sevenzipped
from forensics.rulebook.mutations.base import Mutation, Sample


class SevenZip(Mutation):
    """In an archive of its own."""

    name = "7z"
    family = "archive"

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        return sample.changed(sevenzipped({sample.name: sample.data}), f"{sample.name}.7z") if sample.data else None
