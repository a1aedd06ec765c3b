"""One half."""

from __future__ import annotations

import random

from forensics.rulebook.mutations.base import Mutation, Sample

_LEAST_BYTES = 64


class Half(Mutation):
    """One half of the bytes, or of the lines of a text, as who sends the other apart does."""

    name = "half"
    family = "split"
    cost = 3
    variants = ("head", "tail")

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        if len(sample.data) < _LEAST_BYTES:
            return None
        lines = sample.data.splitlines(keepends=True) if sample.plain else []
        pieces = (
            lines if len(lines) > 1 else [sample.data[: len(sample.data) // 2], sample.data[len(sample.data) // 2 :]]
        )
        middle = (len(pieces) + 1) // 2
        return sample.changed(b"".join(pieces[:middle] if argument == "head" else pieces[middle:]))
