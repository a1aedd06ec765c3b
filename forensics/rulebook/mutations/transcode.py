"""Coded again."""

from __future__ import annotations

import random

from forensics.rulebook.making.sound import CODECS, coded, heard
from forensics.rulebook.mutations.base import Mutation, Sample


class Transcode(Mutation):
    """A recording in another codec."""

    name = "transcode"
    family = "sound"
    reaches_inside = True
    variants = ("mp3", "opus", "aac", "flac", "amr", "wav")

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        ending = CODECS[argument][3]
        sound = heard(sample)
        data = coded(sound, argument) if sound and not sample.name.lower().endswith(ending) else None
        return sample.changed(data, f"{sample.stem}{ending}") if data else None
