"""Another text encoding."""

from __future__ import annotations

import random

from forensics.rulebook.mutations.base import Mutation, Sample


class Charset(Mutation):
    """The same text in another encoding, as an editor saves it."""

    name = "charset"
    family = "encoding"
    variants = ("utf-16", "cp1252")

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        if sample.plain is None:
            return None
        try:
            return sample.changed(sample.plain.encode(argument))
        except UnicodeError:
            return None
