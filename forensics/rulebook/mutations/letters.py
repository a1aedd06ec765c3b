"""Letters that look alike."""

from __future__ import annotations

import random

from forensics.rulebook.making.words import rewritten
from forensics.rulebook.mutations.base import Mutation, Sample

_ALIKE = str.maketrans("aceopxyABCEHKMOPTX", "асеорхуАВСЕНКМОРТХ")
"""Latin letters and the Cyrillic ones drawn alike."""


class Letters(Mutation):
    """Words spelled with letters of other scripts that look alike, or with characters nobody sees."""

    name = "letters"
    family = "words"
    reaches_inside = True
    cost = 3
    variants = ("homoglyph", "zero-width", "soft-hyphen")

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        if argument == "homoglyph":
            return rewritten(sample, lambda word: word.translate(_ALIKE))
        unseen = "\u200b" if argument == "zero-width" else "\u00ad"
        return rewritten(sample, lambda word: word[:2] + unseen + word[2:])
