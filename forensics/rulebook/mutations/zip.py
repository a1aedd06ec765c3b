"""ZIP."""

from __future__ import annotations

import random

from forensics.rulebook.making.documents import zipped
from forensics.rulebook.mutations.base import Mutation, Sample


class Zip(Mutation):
    """In an archive of its own, as the system's menu makes it."""

    name = "zip"
    family = "archive"
    cost = 1

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        return sample.changed(zipped({sample.name: sample.data}), f"{sample.name}.zip")
