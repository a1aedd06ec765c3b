"""A small attacker on the codes: what he sees again must not grow when the codes change.

The bound says no more than that: codes leak the spectrum, as tests/benchmarks/bench_inversion.py measures in full.
"""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from forensics.fingerprints.audio import features
from tests.benchmarks.audio_corpus import synthetic
from tests.benchmarks.inversion_attacks import Ridge
from tests.benchmarks.inversion_pairs import WIDTH, Pairs, Values, pairs
from tests.benchmarks.inversion_sound import sound, stoi
from tests.fingerprints.audio.speech import SENTENCES, STRANGERS

MOST_SEEN = 0.74
"""Correlation of the bands seen again with the true ones; 0.70 when this was written."""
MOST_BY_CHANCE = 0.15


@pytest.fixture(scope="module")
def targets() -> list[Pairs]:
    """Sentences that the attacker never heard, by voices he never heard."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    return [pairs(synthetic(text, f"{voice}+f3")) for voice, text in STRANGERS.values()]


@pytest.fixture(scope="module")
def guesses(targets: list[Pairs]) -> list[Values]:
    """What the attacker sees in their codes."""
    known = [
        pairs(synthetic(text, f"{voice}{variant}", pitch=pitch))
        for voice, text in SENTENCES.values()
        for variant, pitch in (("+m3", 50), ("+f2", 55))
    ]
    ridge = Ridge(known)
    return [ridge.predict(target.bits).reshape(-1, WIDTH)[:, : features.BANDS] for target in targets]


def correlation(one: Values, other: Values) -> float:
    count = min(len(one), len(other))
    return float(np.corrcoef(one[:count].ravel(), other[:count].ravel())[0, 1])


def test_codes_show_no_more_of_the_spectrum_than_they_did(targets: list[Pairs], guesses: list[Values]) -> None:
    seen = np.mean([correlation(guess, target.bands) for guess, target in zip(guesses, targets, strict=True)])
    assert seen < MOST_SEEN, "the codes show more of the speech: run make bench-inversion and say so in the README"


def test_the_attack_sees_the_clip_and_not_speech_in_general(targets: list[Pairs], guesses: list[Values]) -> None:
    others = np.mean([correlation(guesses[number - 1], target.bands) for number, target in enumerate(targets)])
    own = np.mean([correlation(guess, target.bands) for guess, target in zip(guesses, targets, strict=True)])
    assert others < MOST_BY_CHANCE < own


def test_intelligibility_is_one_for_the_speech_and_nothing_for_noise() -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    speech = synthetic(SENTENCES["en-1"][1], "en-us")
    noise = np.random.default_rng(0).normal(0, 2000, len(speech)).astype(np.int16)
    assert stoi(speech, speech) == pytest.approx(1.0)
    assert stoi(speech, sound(pairs(speech).spectrum)) > 0.95
    assert stoi(speech, noise) < 0.5
