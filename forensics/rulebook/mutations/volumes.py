"""Split into volumes."""

from __future__ import annotations

import random

from forensics.rulebook.making.documents import zipped
from forensics.rulebook.mutations.base import Mutation, Sample

_LEAST_BYTES = 32


class Volumes(Mutation):
    """Split in two, both halves in one archive."""

    name = "volumes"
    family = "split"
    cost = 3

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        half = len(sample.data) // 2
        if half < _LEAST_BYTES:
            return None
        parts = {f"{sample.name}.001": sample.data[:half], f"{sample.name}.002": sample.data[half:]}
        return sample.changed(zipped(parts), f"{sample.stem}.zip")
