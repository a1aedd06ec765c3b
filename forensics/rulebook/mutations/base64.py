"""Base64."""

from __future__ import annotations

import base64
import random

from forensics.rulebook.mutations.base import Mutation, Sample


class Base64(Mutation):
    """As lines of letters in a text file."""

    name = "base64"
    family = "encoding"
    cost = 3

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        return sample.changed(base64.encodebytes(sample.data), f"{sample.name}.b64.txt")
