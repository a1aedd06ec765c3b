"""Hex digits."""

from __future__ import annotations

import random

from forensics.rulebook.mutations.base import Mutation, Sample

_LINE = 64
_MOST_BYTES = 1 << 20


class Hex(Mutation):
    """As lines of hex digits in a text file."""

    name = "hex"
    family = "encoding"
    cost = 3

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        if len(sample.data) > _MOST_BYTES:
            return None
        digits = sample.data.hex()
        lines = "\n".join(digits[at : at + _LINE] for at in range(0, len(digits), _LINE))
        return sample.changed(f"{lines}\n".encode(), f"{sample.name}.hex.txt")
