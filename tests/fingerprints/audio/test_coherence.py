"""The waveform of a clip is told from everything else that sounds, through what happens to it on its way out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.fingerprints.audio.coherence import HEARD, Coherence, coherent
from forensics.fingerprints.audio.features import RATE_HZ
from tests.benchmarks.audio_corpus import Samples, resample, synthetic
from tests.benchmarks.audio_distortions import mixed, room, scaled, speed, transcode
from tests.fingerprints.audio.speech import SENTENCES, STRANGERS, say


def check(
    recording: Samples, clip: Samples, *, clip_s: float = 0.0, factor: float = 1.0, off: float = 0.0
) -> Coherence:
    """Look for the clip from `clip_s` on at the recording's start; `off` is the share of what codes may err by."""
    duration_s = min(len(clip) / RATE_HZ - clip_s, len(recording) / RATE_HZ * factor)
    tried = factor * (1 + 0.008 * off)
    at_s = duration_s / 2 / factor - duration_s / 2 / tried + 0.02 * off
    return coherent(recording, clip, at_s=at_s, clip_s=clip_s, duration_s=duration_s, speed=tried)


@pytest.mark.parametrize("name", SENTENCES)
@pytest.mark.parametrize("off", [-1.0, 0.6])
def test_a_recording_is_found_with_its_offset_and_speed(name: str, off: float) -> None:
    clip = say(name)
    for factor in (0.88, 1.0, 1.05, 1.25):
        played = speed(clip, factor) if factor != 1 else clip
        found = check(played, clip, factor=factor, off=off)
        assert found.score >= HEARD
        assert found.offset_s == pytest.approx(0, abs=0.002)
        assert found.speed == pytest.approx(factor, rel=5e-4)
        assert max(found.blocks) > 0.8


def test_noise_rooms_codecs_and_polarity_do_not_hide_it() -> None:
    random = np.random.default_rng(3)
    for name in ("en-1", "de-1", "ar-1"):
        clip = say(name)
        harmed = {
            "noise as loud": mixed(clip, random.standard_normal(len(clip)), 0.0),
            "noise louder": mixed(clip, random.standard_normal(len(clip)), -5.0),
            "another voice as loud": mixed(clip, say("ru-2").astype(np.float64), 0.0),
            "a room": room(clip, random),
            "opus": transcode(clip, "libopus", "ogg", rate_hz=48000, bit_rate=12000),
            "quiet": np.rint(clip * 0.01).astype(np.int16),
            "resampled": resample(resample(clip, 8000, 11025), 11025, 8000),
            "inverted": scaled(-clip.astype(np.float64)),
        }
        for kind, recording in harmed.items():
            found = check(recording, clip, off=0.7)
            assert found.score >= HEARD, f"{name} {kind}"
            assert found.is_inverted or kind != "inverted"


@pytest.mark.parametrize("seconds", [0.5, 1.0])
def test_a_short_excerpt_is_enough(seconds: float) -> None:
    for name in SENTENCES:
        clip = say(name)
        found = check(clip[8000 : 8000 + int(seconds * RATE_HZ)], clip, clip_s=1.0, off=-0.5)
        assert found.score >= HEARD


def test_the_search_finds_what_lies_a_third_of_a_second_away() -> None:
    clip = say("en-1")
    found = coherent(clip, clip, at_s=0.28, clip_s=1.0, duration_s=2.0, speed=1.0, near_s=0.8)
    assert found.score >= HEARD
    assert found.offset_s == pytest.approx(1.0, abs=0.002)
    assert coherent(clip, clip, at_s=0.28, clip_s=1.0, duration_s=2.0, speed=1.0).score < HEARD


def test_other_words_other_takes_and_what_is_no_speech_are_not_it() -> None:
    sentences = [*SENTENCES, *STRANGERS]
    for one in sentences:
        for other in sentences:
            if one != other:
                assert check(say(one), say(other)).score < HEARD, (one, other)
    text = SENTENCES["en-1"][1]
    takes = [synthetic(text, "en-us", speed=pace, pitch=pitch) for pace, pitch in ((165, 50), (158, 50), (165, 54))]
    for one in range(3):
        for other in range(3):
            if one != other:
                assert check(takes[one], takes[other]).score < HEARD
    time_s = np.arange(3 * RATE_HZ) / RATE_HZ
    sounds = {
        "hum": 6000 * sum(np.sin(2 * np.pi * 50 * k * time_s + k) / k for k in range(1, 30)),
        "tone": 8000 * np.sin(2 * np.pi * 440 * time_s),
        "ringing": 8000 * np.sin(2 * np.pi * 425 * time_s) * (time_s % 2 < 1),
        "noise": np.random.default_rng(1).standard_normal(len(time_s)) * 3000,
        "silence": time_s * 0,
        "direct current": time_s * 0 + 9000,
    }
    for sound in sounds.values():
        clip = sound.astype(np.int16)
        assert check(say("en-1"), clip).score < HEARD
        assert check(clip, say("en-1")).score < HEARD
    for name in ("hum", "tone", "silence", "direct current"):
        clip = sounds[name].astype(np.int16)
        assert check(clip, clip).score < HEARD, name


def test_a_changed_tempo_or_pitch_scores_low_which_is_no_evidence() -> None:
    clip = say("de-1")
    slower = synthetic(SENTENCES["de-1"][1], "de", speed=150)
    assert check(slower, clip, factor=len(clip) / len(slower)).score < HEARD


@settings(max_examples=60, deadline=None)
@given(
    recording=st.binary(max_size=4000),
    reference=st.binary(max_size=12000),
    at_s=st.floats(-5, 5),
    clip_s=st.floats(-2, 3),
    duration_s=st.floats(-1, 20),
    speed_=st.floats(0, 5),
)
def test_any_samples_and_any_alignment_get_an_answer(
    recording: bytes, reference: bytes, at_s: float, clip_s: float, duration_s: float, speed_: float
) -> None:
    heard = np.frombuffer(recording[: len(recording) & ~1], "<i2")
    issued = np.frombuffer((reference * 4)[: len(reference) * 4 & ~1], "<i2")
    found = coherent(heard, issued, at_s=at_s, clip_s=clip_s, duration_s=duration_s, speed=speed_)
    assert np.isfinite([found.score, found.offset_s, found.speed, *found.blocks]).all()
