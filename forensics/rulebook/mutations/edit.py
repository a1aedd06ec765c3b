"""Words changed."""

from __future__ import annotations

import random
import re

from forensics.rulebook.making.words import rewritten, word_count
from forensics.rulebook.mutations.base import Mutation, Sample


class Edit(Mutation):
    """So large a share of the words left out, doubled or replaced by others of the text."""

    name = "edit"
    family = "words"
    reaches_inside = True
    cost = 4
    variants = ("0.1", "0.3")

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        if not word_count(sample):
            return None
        seen: list[str] = []

        def change(word: str) -> str:
            seen.append(word)
            if chance.random() >= float(argument):
                return word
            return chance.choice(("", f"{word} {word}", chance.choice(seen)))

        return rewritten(sample, change)

    def takes(self, argument: str) -> bool:
        """A share of the words, above 0 and up to 1."""
        return re.fullmatch(r"0?\.\d+|1(\.0+)?", argument, re.ASCII) is not None and float(argument) > 0
