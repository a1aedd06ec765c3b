"""Archives in archives."""

from __future__ import annotations

import random

from forensics.rulebook.making.documents import tarred, zipped
from forensics.rulebook.mutations.base import Mutation, Sample


class Nest(Mutation):
    """In a zip in a tar in a zip."""

    name = "nest"
    family = "archive"

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        inner = tarred({f"{sample.name}.zip": zipped({sample.name: sample.data})})
        return sample.changed(zipped({f"{sample.name}.tar": inner}), f"{sample.stem}.zip")
