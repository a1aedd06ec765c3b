"""What codes say without being heard: which of some known sentences was spoken, and by whom.

The attacker knows the sentences that may have been said, has them spoken by synthetic voices, and takes the one whose
cepstra lie nearest to what he makes of the codes, by dynamic time warping. Voices he knows from other clips of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from forensics.fingerprints.audio.features import RATE_HZ
from tests.benchmarks.inversion_attacks import Bits
from tests.benchmarks.inversion_pairs import BINS, Values

SPEAKERS = {
    "en_US_f_Allison": ("en-us", "en-us+f2"),
    "es_MX_f_Allison": ("es-419", "es-419+f2"),
    "fr_CA_f_June": ("fr-fr", "fr-fr+f2"),
}
"""Synthetic voices that say the sentences of a human one."""
CEPSTRA = 12
STEP = 4
"""Frames between cepstra: 40 ms."""


@dataclass(frozen=True, slots=True)
class Suspects:
    """Known sentences and how each sounds when synthetic voices say it, as cepstra."""

    texts: list[str]
    spoken: list[list[Values]]

    def rank(self, heard: Values, text: str) -> int:
        """How many other sentences fit cepstra better than the right one: 0 is found."""
        far = np.min([distances(heard, spoken) for spoken in self.spoken], axis=0)
        return int(np.sum(far < far[self.texts.index(text)]))

    def rank_by_length(self, count: int, text: str) -> int:
        """The same from nothing but how long the sound is: what any index tells that keeps lengths."""
        lengths = np.mean([[len(one) for one in spoken] for spoken in self.spoken], axis=0)
        far = np.abs(np.log(lengths / count))
        return int(np.sum(far < far[self.texts.index(text)]))


def cepstra(spectrum: Values) -> Values:
    """Cepstra of a log spectrum (frames, BINS) in 24 bands from 200 Hz, each with mean 0 and variance 1."""
    edges = _bins(np.linspace(_mel(200), _mel(3700), 26))
    bins = np.arange(BINS)[:, None]
    rise, fall = (bins - edges[:-2]) / np.diff(edges)[:-1], (edges[2:] - bins) / np.diff(edges)[1:]
    bank = np.maximum(0, np.minimum(rise, fall))
    logs = np.log(np.exp(np.minimum(spectrum[::STEP], 20.0)) @ bank + 1e-4)
    values = dct(logs, axis=1, norm="ortho")[:, 1 : CEPSTRA + 1]
    return _scaled(values)


def distances(heard: Values, spoken: list[Values]) -> Values:
    """Mean cost along the best path from `heard` through each of `spoken`."""
    ends = np.array([len(one) for one in spoken])
    costs: Values = _warp(heard, spoken)[np.arange(len(spoken)), len(heard), ends] / (len(heard) + ends)
    return costs


def _warp(heard: Values, spoken: list[Values]) -> Values:
    """Least costs up to each pair of frames, by anti-diagonals of all of `spoken` at once."""
    longest = max(len(one) for one in spoken)
    costs = np.full((len(spoken), len(heard), longest), 1e3, np.float32)
    for number, one in enumerate(spoken):
        square = (heard**2).sum(1)[:, None] + (one**2).sum(1) - 2 * heard @ one.T
        costs[number, :, : len(one)] = np.sqrt(np.maximum(square, 0))
    total = np.full((len(spoken), len(heard) + 1, longest + 1), np.inf, np.float32)
    total[:, 0, 0] = 0
    for diagonal in range(len(heard) + longest - 1):
        row = np.arange(max(0, diagonal - longest + 1), min(diagonal + 1, len(heard)))
        column = diagonal - row
        cost = costs[:, row, column]
        total[:, row + 1, column + 1] = np.minimum(
            np.minimum(total[:, row, column + 1], total[:, row + 1, column]) + cost, total[:, row, column] + 2 * cost
        )
    return total


class Listener:
    """Hears known speech the way a synthetic voice would say it: ridge regression from a window of what it gets.

    `clips` are the windows of speech whose words are known, `spoken` the cepstra of the same words. Where the two meet
    is found by time warping, first by the cepstra of the speech itself, then by what was learnt so.
    """

    def __init__(
        self, clips: list[Values], own: list[Values], spoken: list[Values], *, penalty: float = 1000.0, rounds: int = 2
    ) -> None:
        seen = np.concatenate([_with_one(clip) for clip in clips])
        moments = seen.T @ seen
        moments[np.diag_indices(len(moments) - 1)] += penalty
        for _ in range(rounds):
            aligned = [said[path(heard, said)] for heard, said in zip(own, spoken, strict=True)]
            products = seen.T @ np.concatenate(aligned).reshape(len(seen), -1)
            self._weights = np.linalg.solve(moments, products).astype(np.float32)
            own = [self.hear(clip) for clip in clips]

    def hear(self, clip: Values) -> Values:
        """The cepstra of windows, two to a pair of codes."""
        out = (_with_one(clip) @ self._weights).reshape(-1, CEPSTRA)
        return _scaled(out)


class Voices:
    """Tells known voices by how often bits are set, alone and together: ridge regression on clips."""

    def __init__(self, clips: list[Bits], names: list[str], penalty: float = 0.3) -> None:
        self.names = sorted(set(names))
        self._known = np.stack([_habits(bits) for bits in clips])
        wanted = np.array([[name == own for name in self.names] for own in names], np.float32) * 2 - 1
        alike = self._known @ self._known.T
        self._weights = np.linalg.solve(alike + penalty * np.eye(len(alike)), wanted)

    def name(self, bits: Bits, among: list[str]) -> str:
        """Which of these voices a clip has."""
        likeness = _habits(bits) @ self._known.T @ self._weights
        return max(among, key=lambda name: float(likeness[self.names.index(name)]))


def _habits(bits: Bits) -> Values:
    signs = bits.astype(np.float32)
    together = (signs.T @ signs / len(signs))[np.triu_indices(signs.shape[1], 1)]
    habits = np.concatenate([signs.mean(axis=0), together])
    scaled: Values = habits / np.linalg.norm(habits)
    return scaled


def path(heard: Values, spoken: Values) -> NDArray[np.int64]:
    """Which frame of `spoken` each frame of `heard` is, along the best path."""
    total = _warp(heard, [spoken])[0]
    row, column = len(heard) - 1, len(spoken) - 1
    at = np.zeros(len(heard), np.int64)
    while row >= 0 and column >= 0:
        at[row] = column
        step = int(np.argmin([total[row, column], total[row, column + 1], total[row + 1, column]]))
        row, column = row - (step != 2), column - (step != 1)
    return at


def _scaled(values: Values) -> Values:
    scaled: Values = ((values - values.mean(axis=0)) / (values.std(axis=0) + 1e-3)).astype(np.float32)
    return scaled


def _with_one(seen: Values) -> Values:
    return np.concatenate([seen, np.ones((len(seen), 1))], axis=1).astype(np.float32)


def _mel(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))


def _bins(mels: Values) -> Values:
    return 700 * (10 ** (mels / 2595) - 1) * 2 * (BINS - 1) / RATE_HZ
