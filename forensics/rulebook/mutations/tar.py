"""tar."""

from __future__ import annotations

import random

from forensics.rulebook.making.documents import tarred
from forensics.rulebook.mutations.base import Mutation, Sample


class Tar(Mutation):
    """In an archive of its own."""

    name = "tar"
    family = "archive"

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        return sample.changed(tarred({sample.name: sample.data}), f"{sample.name}.tar")
