"""The bench measures what it says: thresholds, intervals, delays, equal takes and filler."""

from __future__ import annotations

import numpy as np
import pytest

from forensics.fingerprints.audio.codes import fingerprint, unpack
from tests.benchmarks.audio_corpus import RATE_HZ, Clip, Samples, resample
from tests.benchmarks.audio_distortions import pitch, tempo
from tests.benchmarks.audio_gates import SOUNDS, gates
from tests.benchmarks.audio_harms import delay_s
from tests.benchmarks.audio_results import Reply, recall, threshold, wilson
from tests.benchmarks.audio_synthetic import synthetic_fingerprints
from tests.benchmarks.audio_takes import _takes


def wandering(seed: int, seconds: float = 4.0) -> Samples:
    """A tone whose pitch and loudness wander, so that every half second is unlike the others."""
    random = np.random.default_rng(seed)
    knots = np.arange(0, seconds + 0.1, 0.05)
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    phase = np.cumsum(np.interp(t, knots, random.uniform(300, 3000, len(knots)))) / RATE_HZ
    loudness = np.interp(t, knots, random.uniform(0, 1, len(knots)))
    return (8000 * loudness * np.sin(2 * np.pi * phase)).astype(np.int16)


def replies(scores: list[float], *, is_right: bool = False) -> list[Reply]:
    return [Reply(item="clip", score=score, is_right=is_right) for score in scores]


def test_the_threshold_lets_one_in_a_thousand_through() -> None:
    scores = [number / 1000 for number in range(2000)]
    assert sum(score > threshold(replies(scores)) for score in scores) == 2
    assert threshold(replies([0.5, 0.7])) == 0.7
    assert threshold([]) == 0.0


def test_recall_counts_right_answers_above_the_threshold() -> None:
    assert recall(replies([0.4, 0.6, 0.8], is_right=True) + replies([0.9]), 0.5) == 2


def test_wilson_stays_within_its_bounds() -> None:
    assert wilson(100, 100) == (pytest.approx(0.963, abs=0.001), pytest.approx(1.0))
    assert wilson(0, 100) == (0.0, pytest.approx(0.037, abs=0.001))


@pytest.mark.parametrize("factor", [0.85, 0.95, 1.05, 1.15])
def test_tempo_changes_length_and_keeps_pitch(factor: float) -> None:
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(4 * RATE_HZ) / RATE_HZ)).astype(np.int16)
    changed = tempo(tone, factor)
    assert len(changed) == pytest.approx(len(tone) / factor, rel=0.01)
    assert np.argmax(np.abs(np.fft.rfft(changed))) * RATE_HZ / len(changed) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("semitones", [-3, -1, 1, 3])
def test_pitch_changes_pitch_and_keeps_length(semitones: int) -> None:
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(4 * RATE_HZ) / RATE_HZ)).astype(np.int16)
    changed = pitch(tone, semitones)
    assert len(changed) == pytest.approx(len(tone), rel=0.01)
    due_hz = 440 * 2 ** (semitones / 12)
    assert np.argmax(np.abs(np.fft.rfft(changed))) * RATE_HZ / len(changed) == pytest.approx(due_hz, abs=2)


@pytest.mark.parametrize("late", [-160, 0, 7, 512])
def test_a_delay_is_measured_to_the_sample(late: int) -> None:
    sound = wandering(1)
    shifted = np.concatenate([np.zeros(late, np.int16), sound]) if late >= 0 else sound[-late:]
    assert delay_s(sound, shifted) == late / RATE_HZ


def test_equal_takes_are_found_and_others_are_not() -> None:
    registered = [Clip(f"clip-{seed}", "voice", wandering(seed)) for seed in range(12)]
    quiet = (registered[3].samples[4043:24000] * 0.3).astype(np.int16)
    coded = resample(resample(registered[5].samples[1000:], 8000, 11025), 11025, 8000)
    probes = [Clip("quiet", "voice", quiet), Clip("coded", "voice", coded), Clip("other", "voice", wandering(99))]
    assert _takes(probes, registered) == {"quiet": ["clip-3"], "coded": ["clip-5"]}


def test_synthetic_fingerprints_can_be_registered() -> None:
    real = [fingerprint(wandering(seed)) for seed in range(3)]
    made = list(synthetic_fingerprints(real, 20))
    assert len({name for name, _ in made}) == 20
    assert all(30 <= len(unpack(blob)) <= 300 for _, blob in made)
    assert made == list(synthetic_fingerprints(real, 20))


def test_gates_have_every_sound_and_any_length() -> None:
    clips = gates(2 * len(SOUNDS), 4)
    assert {clip.voice for clip in clips} == {sound.__name__ for sound in SOUNDS}
    assert all(1 <= clip.seconds <= 10 for clip in clips)
    np.testing.assert_array_equal(clips[7].samples, gates(2 * len(SOUNDS), 4)[7].samples)
