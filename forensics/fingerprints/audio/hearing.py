"""A recording as the rough encoder hears it, under several suppositions of how pitch and tempo were changed."""

from __future__ import annotations

from dataclasses import dataclass

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
FAR = (
    *NEAR,
    *(Supposition(speed, speed) for speed in (1.17, 1.26, 1 / 1.17, 1 / 1.26)),
    *(Supposition(1.0, tempo) for tempo in (1.13, 1 / 1.13)),
    *(Supposition(2 ** (semitones / 12), 1.0) for semitones in (1.6, 2.8, -1.6, -2.8)),
)
"""Speed up to a third, tempo alone up to a fifth, pitch alone up to three semitones."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """Soft bits every STRIDE frames of the original's time, and which of them hold sound that changes.

    `surprise` is what unrelated codes would score at each usable output, in nats.
    """

    supposed: Supposition
    soft: Values
    is_usable: NDArray[np.bool_]
    surprise: Values

    def since(self, first: int, last: int | None = None) -> Hearing:
        """The outputs from `first` on, up to `last`."""
        part = slice(first, last)
        return Hearing(self.supposed, self.soft[part], self.is_usable[part], self.surprise[part])

    def then(self, later: Hearing) -> Hearing:
        """These outputs, and those of another hearing under the same supposition after them."""
        return Hearing(
            self.supposed,
            np.concatenate([self.soft, later.soft]),
            np.concatenate([self.is_usable, later.is_usable]),
            np.concatenate([self.surprise, later.surprise]),
        )


def hear(powers: Values, supposed: Supposition, at: NDArray[np.floating] | None = None) -> Hearing:
    """Hear a spectrum under a supposition; `at` says where the original's frames stand in it."""
    bands, usable = features.normalise(features.band_powers(powers, pitch=supposed.pitch, at=at))
    network = Network.load("rough")
    soft, is_usable = network.outputs(bands), usable[::STRIDE]
    return Hearing(supposed, soft, is_usable, network.surprise(soft, is_usable))
