"""How headerless bytes are to be played: the sample formats, channels and rates that are tried, likeliest first.

What a name or a sender says of them counts first, what the bytes themselves show second (`sample_guess`), and the
rate, which bytes do not tell, is narrowed to those at which the power lies where that of voices does.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from forensics.content import Content, Spool
from forensics.formats.media_streams import MediaFile, open_media
from forensics.formats.sample_formats import FORMATS, Floats
from forensics.formats.sample_guess import HINTED_SAVING, PROBE_BYTES, SURE_SAVING, Guess, guess, saving_as

RATES = (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000)
_TELEPHONE, _TELEPHONE_CODECS = (8000, 16000), ("pcm_mulaw", "pcm_alaw")
MOST_TRIALS = 4
MOST_CHANNELS = 2
_PROBES = 6
_ALIGNMENT = 24
_VOICE_HZ = (180.0, 950.0)
"""Half of the power of speech lies below a frequency between these."""
_VOICE_MIDDLE_HZ = 420.0
_USUAL = {8000: 0.4, 16000: 0.4, 44100: 0.2, 48000: 0.2}
"""Octaves by which a usual rate may miss the middle."""
_OKI = "adpcm_ima_oki"
_TYPES = {"audio/x-mulaw": "pcm_mulaw", "audio/pcmu": "pcm_mulaw", "audio/x-alaw": "pcm_alaw", "audio/pcma": "pcm_alaw"}
_SUFFIXES = {"ul": "pcm_mulaw", "ulaw": "pcm_mulaw", "pcmu": "pcm_mulaw", "al": "pcm_alaw", "alaw": "pcm_alaw"}
_SUFFIXES |= {"pcma": "pcm_alaw", "pcm": "", "raw": "", "l16": "", "sw": "", "vox": _OKI}
_SLIN = re.compile(r"sln(\d{0,3})")
_RATE = re.compile(
    r"(?<!\d)(8000|11025|16000|22050|24000|32000|44100|48000)(?!\d)|(?<!\d)(8|16|24|32|48)k", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One way to play the bytes; `rate` in Hz."""

    codec: str
    channels: int
    rate: int

    def __str__(self) -> str:
        return f"{self.codec} {self.rate} Hz" + (f" {self.channels} channels" if self.channels > 1 else "")


@dataclass(frozen=True, slots=True)
class Hint:
    """What is said of the bytes: a codec and a rate, empty and 0 when not; `is_sound` when they are called sound."""

    is_sound: bool = False
    codec: str = ""
    rate: int = 0


def hint_of(media_type: str, name: str) -> Hint:
    """What the media type and the name say."""
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    said = _RATE.search(name)
    rate = int(said[1] or int(said[2]) * 1000) if said else 0
    if slin := _SLIN.fullmatch(suffix):
        return Hint(True, "pcm_s16le", {"": 8000, "44": 44100}.get(slin[1], int(slin[1] or 8) * 1000))
    if media_type in _TYPES:
        return Hint(True, _TYPES[media_type], rate or 8000)
    if suffix in _SUFFIXES:
        return Hint(True, _SUFFIXES[suffix], rate or (8000 if _SUFFIXES[suffix] else 0))
    return Hint(media_type.startswith("audio/"), "", rate)


def trials_of(content: Content, hint: Hint) -> list[Trial]:
    """What to try, likeliest first; nothing when the bytes are not sound and nobody says which sound they are."""
    data = probes_of(content, 0)
    guesses = guess(data, HINTED_SAVING if hint.is_sound else SURE_SAVING)
    trials = [Trial(each.codec, each.channels, rate) for each in guesses for rate in _rates(each, data, hint.rate)]
    if hint.codec and not any(trial.codec == hint.codec for trial in trials):
        trials.append(Trial(hint.codec, 1, hint.rate))
    return trials[:MOST_TRIALS]


def relabelled(content: Content, media: MediaFile) -> Trial | None:
    """How plain samples are to be played when the header that stands before them names the wrong format."""
    codecs = {track.codec for track in media.tracks}
    if len(media.tracks) != 1 or media.first_byte < 0 or not codecs <= FORMATS.keys():
        return None
    track = media.tracks[0]
    if track.channels > MOST_CHANNELS:
        return None
    data = [probe for probe in probes_of(content, media.first_byte) if len(probe) == PROBE_BYTES]
    saving = saving_as(data, track.codec)
    if saving >= SURE_SAVING:
        return None
    found = next(iter(guess(data)), None)
    if found is None or found.saving < saving + SURE_SAVING:
        return None
    return Trial(found.codec, found.channels, track.rate)


def probes_of(content: Content, start: int) -> list[bytes]:
    """Stretches from all over the content, from `start` on."""
    last = max(0, content.size - start - PROBE_BYTES)
    places = sorted({last * number // (_PROBES - 1) // _ALIGNMENT * _ALIGNMENT for number in range(_PROBES)})
    return [content.pread(PROBE_BYTES, start + place) for place in places]


def open_trial(
    content: Content, check_time: Callable[[], None], trial: Trial, *, skip: int = 0
) -> AbstractContextManager[MediaFile]:
    """Open the bytes after the first `skip` as a trial says. Raises Malformed when FFmpeg does not take them."""
    if trial.codec == _OKI:
        return open_media(_as_wave(content, trial.rate), check_time)
    options = {"sample_rate": str(trial.rate), "ch_layout": {1: "mono", 2: "stereo"}[trial.channels]}
    if skip:
        options["skip_initial_bytes"] = str(skip)
    return open_media(content, check_time, demuxer=trial.codec.removeprefix("pcm_"), options=options)


def _as_wave(content: Content, rate: int) -> Content:
    """Dialogic ADPCM behind a RIFF header (format tag 0x0010): FFmpeg takes it so only."""
    spool = Spool()
    form = struct.pack("<HHIIHH", 0x0010, 1, rate, rate // 2, 1, 4)
    spool.write(b"RIFF\xff\xff\xff\xffWAVEfmt " + struct.pack("<I", len(form)) + form + b"data\xff\xff\xff\xff")
    for chunk in content.chunks():
        spool.write(chunk)
    return spool.close()


def _rates(found: Guess, data: list[bytes], said: int) -> list[int]:
    if said:
        return [said]
    samples = FORMATS[found.codec].decode(b"".join(data))[0][:: found.channels]
    middle = _middle(samples)
    rates = _TELEPHONE if found.codec in _TELEPHONE_CODECS else RATES
    likely = [rate for rate in rates if _VOICE_HZ[0] <= middle * rate <= _VOICE_HZ[1]] or [rates[0]]
    return sorted(likely, key=lambda rate: abs(np.log2(middle * rate / _VOICE_MIDDLE_HZ)) - _USUAL.get(rate, 0.0))


def _middle(samples: Floats) -> float:
    """The frequency, in cycles a sample, below which half of the power lies."""
    size = 2048
    blocks = samples[: len(samples) // size * size].reshape(-1, size)
    power = np.square(np.abs(np.fft.rfft(blocks * np.hanning(size), axis=1))).sum(axis=0)
    power[:3] = 0
    return float(np.searchsorted(np.cumsum(power), power.sum() / 2)) / size
