"""Attached to a mail."""

from __future__ import annotations

import random

from forensics.rulebook.making.documents import attached
from forensics.rulebook.mutations.base import Mutation, Sample


class Attach(Mutation):
    """A mail as it is saved, with the file attached."""

    name = "attach"
    family = "document"
    cost = 1

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        return sample.changed(attached(sample.name, sample.data), f"{sample.stem}.eml")
