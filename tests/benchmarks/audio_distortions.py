"""What happens to a clip on its way out, by name. The same seed does the same harm."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from forensics.fingerprints.audio.features import RATE_HZ
from tests.benchmarks.audio_corpus import Samples, resample
from tests.benchmarks.audio_harms import (
    babble,
    delay_s,
    excerpt,
    gsm,
    mixed,
    pink,
    pitch,
    room,
    scaled,
    speed,
    tempo,
    through_ffmpeg,
    transcode,
)

__all__ = ["Distortion", "babble", "catalogue", "gsm", "impossible", "mixed", "pink", "pitch", "room", "speed", "tempo"]
__all__ += ["excerpt", "scaled", "through_ffmpeg", "transcode"]

Distortion = Callable[[Samples, Generator], tuple[Samples, float, float]]
"""Samples in; out come samples, the second of the clip at which they begin, and the speed."""

Change = Callable[[Samples, Generator], Samples]


def opus(samples: Samples, _: Generator) -> Samples:
    """Opus at 12 kbit/s."""
    return transcode(samples, "libopus", "ogg", rate_hz=48000, bit_rate=12000)


def unchanged(samples: Samples, _: Generator) -> Samples:
    """Nothing."""
    return samples


def whole(change: Change) -> Distortion:
    """The whole clip, not delayed."""
    return lambda samples, random: (change(samples, random), 0.0, 1.0)


def coded(change: Change) -> Distortion:
    """The whole clip through a codec, which delays it."""

    def apply(samples: Samples, random: Generator) -> tuple[Samples, float, float]:
        after = change(samples, random)
        return after, -delay_s(samples, after), 1.0

    return apply


def cut(seconds: float, before: Change = unchanged, codec: Change = unchanged) -> Distortion:
    """An excerpt, then a change that keeps the time, then a codec that delays."""

    def apply(samples: Samples, random: Generator) -> tuple[Samples, float, float]:
        piece, start_s = excerpt(samples, seconds, random)
        changed = before(piece, random)
        after = codec(changed, random)
        return after, start_s - delay_s(changed, after), 1.0

    return apply


def faster(percent: float) -> Distortion:
    """Speed and pitch together, up or down."""

    def apply(samples: Samples, random: Generator) -> tuple[Samples, float, float]:
        factor = 1 + random.choice([-1, 1]) * percent / 100
        return speed(samples, factor), 0.0, factor

    return apply


def quicker(percent: float) -> Distortion:
    """Tempo alone, up or down."""

    def apply(samples: Samples, random: Generator) -> tuple[Samples, float, float]:
        factor = 1 + random.choice([-1, 1]) * percent / 100
        return tempo(samples, factor), 0.0, factor

    return apply


def higher(semitones: float) -> Distortion:
    """Pitch alone, up or down."""
    return whole(lambda samples, random: pitch(samples, random.choice([-1, 1]) * semitones))


def noisy(decibels: float) -> Distortion:
    """White noise."""
    return whole(lambda samples, random: mixed(samples, random.standard_normal(len(samples)), decibels))


def loud(samples: Samples, random: Generator) -> Samples:
    """Recorded at another level."""
    return scaled(samples.astype(np.float64), random.uniform(2000, 30000))


def chain(samples: Samples, _: Generator) -> Samples:
    """8 to 44.1 to 16 to 8 kHz."""
    return resample(resample(resample(samples, 8000, 44100), 44100, 16000), 16000, 8000)


def talked_over(voices: list[Samples], decibels: float) -> Distortion:
    """Five other people talk."""
    return whole(lambda samples, random: mixed(samples, babble(voices, len(samples), random), decibels))


def played_over(tunes: list[Samples], decibels: float) -> Distortion:
    """Music plays."""
    return whole(lambda samples, random: mixed(samples, tunes[int(random.integers(len(tunes)))], decibels))


def embedded(voices: list[Samples]) -> Distortion:
    """In the middle of a minute of other speech."""

    def apply(samples: Samples, random: Generator) -> tuple[Samples, float, float]:
        order = random.permutation(len(voices))
        talk = np.concatenate([voices[index] for index in order[:20]])
        middle = int(min(27 * RATE_HZ, len(talk) // 2) + random.integers(RATE_HZ))
        joined = np.concatenate([talk[:middle], samples, talk[middle : 60 * RATE_HZ]])
        return joined, -middle / RATE_HZ, 1.0

    return apply


def catalogue(voices: list[Samples], tunes: list[Samples]) -> dict[str, Distortion]:
    """Every distortion by name. `voices` speak the babble and the surroundings; `tunes` are the music."""
    kinds = {
        "exact": whole(unchanged),
        "mp3_32k": coded(lambda s, _: transcode(s, "libmp3lame", "mp3", rate_hz=16000, bit_rate=32000)),
        "mp3_16k": coded(lambda s, _: transcode(s, "libmp3lame", "mp3", rate_hz=8000, bit_rate=16000)),
        "aac_32k": coded(lambda s, _: transcode(s, "aac", "adts", rate_hz=16000, bit_rate=32000)),
        "opus_12k": coded(opus),
        "ulaw": coded(lambda s, _: transcode(s, "pcm_mulaw", "wav", rate_hz=8000)),
        "resample": coded(chain),
        "gain": whole(lambda s, r: np.rint(s * 10 ** (r.uniform(-30, -6) / 20)).astype(np.int16)),
        "ex5": cut(5.0),
        "ex3": cut(3.0),
        "ex2": cut(2.0),
        "ex1": cut(1.0),
        "speed_3": faster(3),
        "speed_5": faster(5),
        "speed_10": faster(10),
        "tempo_5": quicker(5),
        "pitch_1": higher(1),
        "white_10": noisy(10.0),
        "white_0": noisy(0.0),
        "babble_5": talked_over(voices, 5.0),
        "music_5": played_over(tunes, 5.0),
        "rerecord": whole(room),
        "embed60": embedded(voices),
        "voicenote": cut(2.5, loud, opus),
    }
    if shutil.which("ffmpeg"):
        kinds["gsm"] = coded(lambda s, _: gsm(s))
        kinds["speex"] = coded(lambda s, _: through_ffmpeg(s, "-c:a", "libspeex", "-b:a", "8k", container="ogg"))
        kinds["phone"] = cut(3.0, room, lambda s, _: gsm(s))
    return kinds


def impossible(voices: list[Samples], tunes: list[Samples]) -> dict[str, Distortion]:
    """What sounds impossible, by name.

    `regsm_2s` is cut from a re-recording of the whole clip sent through GSM; `phone_2s` plays two seconds only.
    """

    def overheard(samples: Samples, random: Generator) -> tuple[Samples, float, float]:
        wet = room(samples, random)
        sent = gsm(wet)
        piece, start_s = excerpt(sent, 2.0, random)
        return piece, start_s - delay_s(wet, sent), 1.0

    kinds = {
        "ex05": cut(0.5),
        "speed_25": faster(25),
        "tempo_15": quicker(15),
        "pitch_3": higher(3),
        "white_m5": noisy(-5.0),
        "babble_0": talked_over(voices, 0.0),
        "music_0": played_over(tunes, 0.0),
        "note_1.5s": cut(1.5, loud, opus),
    }
    if shutil.which("ffmpeg"):
        kinds["regsm_2s"] = overheard
        kinds["phone_2s"] = cut(2.0, room, lambda s, _: gsm(s))
    return kinds
