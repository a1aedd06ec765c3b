"""A recording as the rough encoder hears it, under several suppositions of how pitch and tempo were changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio import features
from forensics.fingerprints.audio.network import STRIDE, Network, Values


@dataclass(frozen=True, slots=True)
class Supposition:
    """Pitch and tempo of the recording over the original's."""

    pitch: float
    tempo: float


NEAR = (Supposition(1.0, 1.0), Supposition(1.08, 1.08), Supposition(1 / 1.08, 1 / 1.08))
"""Each hears changes of about five percent around it, of either kind."""


@dataclass(frozen=True)
class Hearing:
    """Soft bits every STRIDE frames of the original's time, and which of them hold sound that changes."""

    supposed: Supposition
    soft: Values
    is_usable: NDArray[np.bool_]

    @cached_property
    def surprise(self) -> Values:
        """What unrelated codes would score at each output, in nats."""
        return Network.load("rough").surprise(self.soft)


def hear(powers: Values, suppositions: tuple[Supposition, ...] = NEAR) -> Iterator[Hearing]:
    """Hear the spectrum of a recording under each supposition."""
    for supposed in suppositions:
        at = None if supposed.tempo == 1 else features.stretched(len(powers), supposed.tempo)
        bands, usable = features.normalise(features.band_powers(powers, pitch=supposed.pitch, at=at))
        yield Hearing(supposed, Network.load("rough").outputs(bands), usable[::STRIDE])
