"""Another container."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from forensics.rulebook.making.archives import members
from forensics.rulebook.making.documents import tarred, zipped
from forensics.rulebook.making.sevenzip import sevenzipped
from forensics.rulebook.mutations.base import Mutation, Sample

_WRITERS: Mapping[str, Callable[[Mapping[str, bytes]], bytes]] = {"zip": zipped, "tar": tarred, "7z": sevenzipped}


class Repack(Mutation):
    """What lies in an archive put into an archive of another kind."""

    name = "repack"
    family = "archive"
    variants = ("zip", "tar", "7z")

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        packed = members(sample)
        if not any(packed.values()) or sample.name.lower().endswith(f".{argument}"):
            return None
        return sample.changed(_WRITERS[argument](packed), f"{sample.stem}.{argument}")
