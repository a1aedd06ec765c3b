"""gzip."""

from __future__ import annotations

import gzip
import random

from forensics.rulebook.mutations.base import Mutation, Sample


class Gzip(Mutation):
    """Compressed alone."""

    name = "gzip"
    family = "archive"

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        return sample.changed(gzip.compress(sample.data, mtime=0), f"{sample.name}.gz")
