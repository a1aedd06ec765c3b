import shutil

import numpy as np
import pytest
from numpy.typing import NDArray

from forensics.fingerprints.audio.codes import fingerprint
from forensics.fingerprints.audio.features import RATE_HZ
from forensics.fingerprints.audio.index import AudioIndex
from forensics.fingerprints.audio.search import search
from tests.benchmarks import audio_corpus as corpus
from tests.benchmarks.audio_distortions import catalogue, gsm, mixed, pitch, speed, tempo, transcode
from tests.fingerprints.audio.speech import SENTENCES, STRANGERS, registered, say

CODECS = {
    "mp3": ("libmp3lame", "mp3", 16000, 32000),
    "mp3-16k": ("libmp3lame", "mp3", 8000, 16000),
    "opus": ("libopus", "ogg", 48000, 12000),
    "aac": ("aac", "adts", 16000, 32000),
    "mulaw": ("pcm_mulaw", "wav", 8000, 0),
    "flac": ("flac", "flac", 44100, 0),
}


@pytest.mark.parametrize("name", SENTENCES)
@pytest.mark.parametrize("codec", CODECS)
def test_a_transcoded_clip_is_named_with_its_times(name: str, codec: str) -> None:
    encoder, container, rate_hz, bit_rate = CODECS[codec]
    samples = transcode(say(name), encoder, container, rate_hz=rate_hz, bit_rate=bit_rate)
    [match] = search(registered(), samples)
    assert match.item == name
    assert match.accepted
    assert match.query_start_s - match.clip_start_s == pytest.approx(0, abs=0.08)
    assert match.duration_s == pytest.approx(len(samples) / RATE_HZ, abs=0.5)
    assert match.speed == pytest.approx(1, abs=0.005)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg writes the GSM")
@pytest.mark.parametrize("name", SENTENCES)
def test_a_clip_through_a_telephone_is_named(name: str) -> None:
    [match] = search(registered(), gsm(say(name)))
    assert (match.item, match.accepted) == (name, True)


@pytest.mark.parametrize("gain", [0.01, 0.1, 1.4])
def test_gain_does_not_matter(gain: float) -> None:
    samples = np.clip(say("ar-1") * gain, -32768, 32767).astype(np.int16)
    [match] = search(registered(), samples)
    assert match.item == "ar-1"


@pytest.mark.parametrize(("start_s", "seconds"), [(0.0, 3.0), (1.3, 2.0), (2.2, 2.5)])
def test_a_piece_is_placed_in_its_clip(start_s: float, seconds: float) -> None:
    first = int(start_s * RATE_HZ)
    [match] = search(registered(), say("en-1")[first : first + int(seconds * RATE_HZ)])
    assert match.item == "en-1"
    assert match.clip_start_s - match.query_start_s == pytest.approx(start_s, abs=0.01)
    assert match.duration_s == pytest.approx(seconds, abs=0.3)


def test_several_clips_inside_a_longer_recording_are_each_placed() -> None:
    gap = (np.random.default_rng(1).standard_normal(RATE_HZ) * 30).astype(np.int16)
    parts = [say("en-4"), say("de-1"), gap, say("fr-1"), say("cmn-1"), say("de-3"), say("de-1"), say("ru-2")]
    starts = np.cumsum([0, *map(len, parts)]) / RATE_HZ
    matches = search(registered(), np.concatenate([*parts, *parts[:1] * 8]))
    places = sorted((match.query_start_s - match.clip_start_s, match.item) for match in matches)
    assert [item for _, item in places] == ["de-1", "cmn-1", "de-1"]
    assert [place for place, _ in places] == pytest.approx([starts[1], starts[4], starts[6]], abs=0.02)


def test_mild_noise_does_not_hide_a_clip() -> None:
    noise = np.random.default_rng(2).standard_normal(10 * RATE_HZ)
    for name in SENTENCES:
        [match] = search(registered(), mixed(say(name), noise, 15.0))
        assert match.item == name


@pytest.mark.parametrize("factor", [0.9, 0.95, 0.97, 1.03, 1.05, 1.1])
def test_a_change_of_speed_is_measured(factor: float) -> None:
    [match] = search(registered(), speed(say("ru-1"), factor))
    assert match.item == "ru-1"
    assert match.speed == pytest.approx(factor, abs=0.005)
    assert match.pitch == pytest.approx(factor, abs=0.01)


@pytest.mark.parametrize("factor", [0.95, 1.05])
def test_a_change_of_tempo_leaves_the_pitch(factor: float) -> None:
    [match] = search(registered(), tempo(say("en-1"), factor))
    assert match.item == "en-1"
    assert match.speed == pytest.approx(factor, abs=0.01)
    assert match.pitch == pytest.approx(1, abs=0.01)


FAR = {
    "speed": (lambda samples: speed(samples, 1.25), 1.25, 1.25),
    "slow": (lambda samples: speed(samples, 0.8), 0.8, 0.8),
    "tempo": (lambda samples: tempo(samples, 1.15), 1.15, 1.0),
    "pitch": (lambda samples: pitch(samples, 3), 1.0, 2**0.25),
}


@pytest.mark.parametrize("how", FAR)
def test_a_clip_that_was_changed_by_much_is_named_when_asked_for(how: str) -> None:
    change, at_speed, at_pitch = FAR[how]
    [match] = search(registered(), change(say("en-1")), is_far=True)
    assert (match.item, match.accepted) == ("en-1", True)
    assert match.speed == pytest.approx(at_speed, rel=0.01)
    assert match.pitch == pytest.approx(at_pitch, rel=0.02)


def test_nobody_else_is_named_from_afar() -> None:
    for name in STRANGERS:
        assert search(registered(), say(name), is_far=True) == []


@pytest.mark.parametrize("semitones", [-1.0, 1.0])
def test_a_change_of_pitch_leaves_the_speed(semitones: float) -> None:
    [match] = search(registered(), pitch(say("en-1"), semitones))
    assert match.item == "en-1"
    assert match.speed == pytest.approx(1, abs=0.01)
    assert match.pitch == pytest.approx(2 ** (semitones / 12), abs=0.015)


@pytest.mark.parametrize("name", STRANGERS)
def test_other_speech_is_refused_and_candidates_say_so(name: str) -> None:
    assert search(registered(), say(name)) == []
    nearest = search(registered(), say(name), candidates=3)
    assert len(nearest) <= 3
    assert all(not each.accepted and each.score < 0.5 for each in nearest)


def test_other_clips_of_the_same_voice_are_refused() -> None:
    for name in SENTENCES:
        index = AudioIndex.build((other, fingerprint(say(other))) for other in SENTENCES if other != name)
        assert search(index, say(name)) == []


def sounds() -> dict[str, NDArray[np.floating]]:
    time_s = np.arange(8 * RATE_HZ) / RATE_HZ
    random = np.random.default_rng(3)
    return {
        "silence": 0 * time_s,
        "tone": 8000 * np.sin(2 * np.pi * 440 * time_s),
        "ringing": 8000 * np.sin(2 * np.pi * 425 * time_s) * (time_s % 2 < 1),
        "dialling": 6000
        * (np.sin(2 * np.pi * 770 * time_s) + np.sin(2 * np.pi * 1336 * time_s))
        * (time_s % 0.3 < 0.15),
        "sweep": 9000 * np.sin(2 * np.pi * (300 * time_s + 150 * time_s**2)),
        "noise": 3000 * random.standard_normal(len(time_s)),
        "hiss": random.standard_normal(len(time_s)),
        "full scale": np.where(random.random(len(time_s)) > 0.5, 32767, -32768),
    }


@pytest.mark.parametrize("kind", sounds())
def test_sounds_that_are_no_speech_are_refused(kind: str) -> None:
    assert search(registered(), sounds()[kind].astype(np.int16)) == []


def test_the_same_take_under_two_names_is_reported_twice() -> None:
    clip = say("en-3")
    shorter = clip[RATE_HZ // 2 :]
    index = AudioIndex.build([("a", fingerprint(clip)), ("b", fingerprint(shorter)), ("c", fingerprint(say("en-1")))])
    assert {match.item for match in search(index, clip)} == {"a", "b"}


def test_registering_silence_does_no_harm() -> None:
    silence = fingerprint(np.zeros(5 * RATE_HZ, np.int16))
    index = AudioIndex.build(
        [("quiet", silence), ("none", fingerprint(np.zeros(0, np.int16))), ("en", fingerprint(say("en-1")))]
    )
    assert search(index, np.zeros(5 * RATE_HZ, np.int16), candidates=5) == []
    assert [match.item for match in search(index, say("en-1"))] == ["en"]


def test_nothing_to_search_or_nothing_registered() -> None:
    assert search(AudioIndex.build([]), say("en-1"), candidates=5) == []
    for count in (0, 1, 600):
        assert search(registered(), say("en-1")[:count]) == []


def test_a_search_is_repeatable() -> None:
    samples = np.concatenate([say("de-3"), say("de-2")])
    assert search(registered(), samples, candidates=4) == search(registered(), samples, candidates=4)


@pytest.mark.skipif(not corpus.PROMPTS.is_dir(), reason="the prompts of asterisk-core-sounds are not installed")
def test_human_voices() -> None:
    voice = corpus.VOICES[0]
    paths = sorted((corpus.PROMPTS / voice).glob("vm-*.wav"))
    clips = [corpus.Clip(path.stem, voice, corpus.decode(path)) for path in paths]
    clips = [clip for clip in clips if 2.5 <= clip.seconds <= 10]
    known, unknown = clips[::2], clips[1::2]
    index = AudioIndex.build((clip.name, fingerprint(clip.samples)) for clip in known)
    kinds = catalogue([clip.samples for clip in unknown], [clip.samples for clip in unknown])
    random = np.random.default_rng(4)
    for clip in known[:5]:
        for kind in ("mp3_16k", "opus_12k", "voicenote"):
            samples, start_s, _ = kinds[kind](clip.samples, random)
            match = search(index, samples)[0]
            assert (match.item, match.accepted) == (clip.name, True), kind
            assert match.clip_start_s - match.query_start_s == pytest.approx(start_s, abs=0.03)
    for clip in unknown:
        for match in search(index, clip.samples):
            registered_take = next(one for one in known if one.name == match.item)
            assert corpus.is_same_take(clip.samples, registered_take.samples), clip.name
