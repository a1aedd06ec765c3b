"""What the encoders learn from: the `tune` half of the human speech and words, and synthetic voices in 26 languages."""

from __future__ import annotations

import re
import subprocess
from itertools import chain

import numpy as np
from numpy.random import Generator

from forensics.fingerprints.audio.features import RATE_HZ
from tests.benchmarks import audio_corpus as corpus
from tests.benchmarks import audio_shelf as shelf
from tests.benchmarks.audio_corpus import Clip, Samples
from tests.benchmarks.audio_texts import VIM

SEED = 1
SYNTHETIC = "synthetic"
"""The voice of every synthetic clip."""
VOICES = {
    "en": "en-us",
    "de": "de",
    "fr": "fr",
    "es": "es",
    "it": "it",
    "ru": "ru",
    "tr": "tr",
    "pl": "pl",
    "nl": "nl",
    "sv": "sv",
    "hu": "hu",
    "cs": "cs",
    "el": "el",
    "pt": "pt-br",
    "da": "da",
    "ca": "ca",
    "hr": "hr",
    "no": "nb",
    "ro": "ro",
    "sk": "sk",
    "vi": "vi",
    "zh": "cmn",
    "ja": "ja",
    "ko": "ko",
    "eo": "eo",
    "fi": "fi",
}
"""Languages of tutors and their espeak-ng voices; where there is no tutor, the voice reads the English one."""
VARIANTS = ("", "+m1", "+m3", "+m5", "+m7", "+f1", "+f2", "+f3", "+f4", "+f5", "+croak", "+whisper", "+klatt3")
SPOKEN = 6
"""Synthetic clips of each language."""


def sources() -> list[Clip]:
    """Every clip that may be learnt from; a clip's place in the list is its number in pairs and takes."""
    human = corpus.prompts(0.8, 2.0) + corpus.prompts() + corpus.long_prompts() + corpus.words()
    if not human:
        raise SystemExit("the speech packages are not installed: make bench-audio installs them")
    key = shelf.digest(SEED, VOICES, VARIANTS, SPOKEN, sorted(str(path) for path in VIM.glob("vim*/tutor/*")))
    return corpus.split(human, "tune") + corpus.kept("training/synthetic", key, _synthetic)


def is_human(clip: Clip) -> bool:
    """Say whether a person spoke it."""
    return clip.voice != SYNTHETIC


def talk(clips: list[Clip]) -> list[Samples]:
    """Human speech of more than two seconds, to talk over others."""
    return [clip.samples for clip in clips if is_human(clip) and len(clip.samples) > 2 * RATE_HZ]


def tunes() -> list[Samples]:
    """The half of the music that the bench does not play over clips."""
    return [clip.samples for clip in corpus.music()[::2]]


def _synthetic() -> list[Clip]:
    random = np.random.default_rng(SEED)
    clips = []
    for language, voice in VOICES.items():
        sentences = _sentences(language)
        for number in range(SPOKEN if len(sentences) >= SPOKEN else 0):
            clip = _say(sentences, voice + str(random.choice(VARIANTS)), number, random)
            if clip is not None:
                clips.append(clip)
    return clips


def _say(sentences: list[str], voice: str, number: int, random: Generator) -> Clip | None:
    """Two sentences, cut at 170 characters; None where espeak-ng lacks the voice."""
    text = " ".join(random.choice(sentences, 2))[:170]
    speed, pitch = int(random.integers(120, 210)), int(random.integers(15, 90))
    try:
        samples = corpus.synthetic(text, voice, speed=speed, pitch=pitch)
    except subprocess.CalledProcessError:
        return None
    return Clip(f"{SYNTHETIC}/{voice}/{number}", SYNTHETIC, samples)


def _sentences(language: str) -> list[str]:
    """Sentences of 30 to 140 characters of a vim tutor, without its markup."""
    patterns = (f"vim*/tutor/tutor*.{language}.utf-8", f"vim*/tutor/tutor*.{language}", "vim*/tutor/tutor")
    for path in chain.from_iterable(sorted(VIM.glob(pattern)) for pattern in patterns):
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        plain = re.sub(r"\s+", " ", re.sub(r"[^\w\s.,!?]|\d|_", " ", text))
        return [each for each in re.split(r"(?<=[.!?])\s+", plain) if 30 < len(each) < 140]
    return []
