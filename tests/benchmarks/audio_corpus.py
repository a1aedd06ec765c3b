"""Speech to measure the acoustic engine with: prompts from Debian packages, and synthetic voices. Nothing is vendored.

The Debian packages are asterisk-core-sounds-{en,es,fr}-wav (CC BY-SA 3.0), asterisk-moh-opsound-wav (music) and
ktuberling-data (single words in 30 languages). Some takes stand there under two names: `is_same_take` tells.
"""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import wave
from collections.abc import Callable
from dataclasses import dataclass
from math import gcd
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from forensics.fingerprints.audio.features import RATE_HZ
from tests.benchmarks import audio_shelf as shelf

Samples = NDArray[np.int16]

PROMPTS = Path("/usr/share/asterisk/sounds")
VOICES = ("en_US_f_Allison", "es_MX_f_Allison", "fr_CA_f_June")
TRANSCRIPTS = {
    voice: Path(f"/usr/share/doc/asterisk-core-sounds-{voice[:2]}/core-sounds-{voice[:2]}.txt.gz") for voice in VOICES
}
MUSIC = Path("/usr/share/asterisk/moh")
WORDS = Path("/usr/share/ktuberling/sounds")
ESPEAK_VOICES = (
    "en-us",
    "de+f3",
    "fr+m3",
    "es+f2",
    "ru+m1",
    "tr+f4",
    "hi+m5",
    "cmn+f1",
    "ar+m2",
    "pt-br+f5",
    "ja+m7",
    "sw+f3",
)


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording: a name, its voice and its samples at 8,000 Hz."""

    name: str
    voice: str
    samples: Samples

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / RATE_HZ


def decode(path: Path | str, rate_hz: int = RATE_HZ) -> Samples:
    """Decode any file FFmpeg reads to 16-bit mono at `rate_hz`."""
    if str(path).endswith(".wav"):
        with wave.open(str(path)) as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (rate_hz, 1, 2):
                return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.int16)
    blocks: list[Samples] = []
    with av.open(str(path), metadata_errors="ignore") as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=rate_hz)
        for frame in container.decode(audio=0):
            blocks += [out.to_ndarray()[0] for out in resampler.resample(frame)]
        blocks += [out.to_ndarray()[0] for out in resampler.resample(None)]
    return np.concatenate(blocks) if blocks else np.zeros(0, np.int16)


def kept(name: str, key: str, make: Callable[[], list[Clip]]) -> list[Clip]:
    """Clips that take long to make: made once, then mapped from the shelf."""
    arrays = shelf.keep_arrays(
        name, key, lambda: [({"name": clip.name, "voice": clip.voice}, clip.samples) for clip in make()]
    )
    return [Clip(said["name"], said["voice"], samples) for said, samples in arrays]


def _decoded(folder: Path, pattern: str) -> list[Clip]:
    """Every file below a folder; the first part of its path is its voice."""
    paths = sorted(folder.glob(pattern))
    names = [path.relative_to(folder).with_suffix("") for path in paths]
    key = shelf.digest([(str(name), path.stat().st_size) for name, path in zip(names, paths, strict=True)])
    return kept(
        f"corpus/{folder.name}",
        key,
        lambda: [Clip(str(name), name.parts[0], decode(path)) for name, path in zip(names, paths, strict=True)],
    )


def prompts(least_s: float = 2.0, most_s: float = 10.0) -> list[Clip]:
    """Spoken prompts of human voices of that length; empty where none are installed."""
    return [
        clip
        for clip in _decoded(PROMPTS, "*_*_*_*/**/*.wav")
        if clip.voice in VOICES and least_s <= clip.seconds <= most_s and is_speech(clip.samples)
    ]


def transcripts() -> dict[str, str]:
    """What the prompts say, by the names of `prompts`; empty where the lists are not installed."""
    said = {}
    for voice, path in TRANSCRIPTS.items():
        if path.exists():
            for line in gzip.decompress(path.read_bytes()).decode("utf-8", "replace").splitlines():
                name, colon, text = line.partition(": ")
                if colon and not text.startswith(("[", "(")):
                    said[f"{voice}/{name.strip()}"] = text.strip()
    return said


def long_prompts() -> list[Clip]:
    """Readings longer than ten seconds, cut into pieces of five."""
    return [
        Clip(f"{clip.name}@{start // RATE_HZ}", clip.voice, clip.samples[start : start + 5 * RATE_HZ])
        for clip in prompts(10.0, 200.0)
        for start in range(0, len(clip.samples) - 4 * RATE_HZ, 5 * RATE_HZ)
    ]


def music() -> list[Clip]:
    """Music on hold in pieces of eight seconds."""
    return [
        Clip(f"{clip.name}@{start // RATE_HZ}", "music", clip.samples[start : start + 8 * RATE_HZ])
        for clip in _decoded(MUSIC, "*.wav")
        for start in range(0, len(clip.samples) - 4 * RATE_HZ, 8 * RATE_HZ)
    ]


def words(languages: int = 30) -> list[Clip]:
    """Single words of many speakers, strung together by language into pieces of about four seconds."""
    spoken = _decoded(WORDS, "*/*.ogg")
    clips = []
    for voice in sorted({clip.voice for clip in spoken})[:languages]:
        joined = np.concatenate([clip.samples for clip in spoken if clip.voice == voice])
        for start in range(0, len(joined) - 3 * RATE_HZ, 4 * RATE_HZ):
            clips.append(Clip(f"{voice}@{start // RATE_HZ}", voice, joined[start : start + 4 * RATE_HZ]))
    return clips


def synthetic(text: str, voice: str, *, speed: int = 165, pitch: int = 50, gap: int = 0) -> Samples:
    """Speak with espeak-ng: `speed` in words a minute, `pitch` 0-99, `gap` between words in 10 ms; SSML is obeyed."""
    command = ["espeak-ng", "-m", "-v", voice, "-s", str(speed), "-p", str(pitch), "-g", str(gap), "--stdout", text]
    wav = subprocess.run(command, capture_output=True, check=True).stdout
    high = np.frombuffer(wav[44:], dtype="<i2")
    return resample(high, 22050, RATE_HZ)


def resample(samples: Samples, source_hz: int, target_hz: int) -> Samples:
    """Resample by band-limited interpolation."""
    divisor = gcd(source_hz, target_hz)
    out = resample_poly(samples.astype(np.float32), target_hz // divisor, source_hz // divisor)
    return np.clip(np.rint(out), -32768, 32767).astype(np.int16)


def is_speech(samples: Samples) -> bool:
    """Say whether enough frames carry sound that changes."""
    frames = samples[: len(samples) // 400 * 400].reshape(-1, 400).astype(np.float32)
    level = np.sqrt(np.mean(frames**2, axis=1))
    return bool(np.mean(level > 150) > 0.3 and np.std(np.log(level + 1)) > 0.5)


def is_same_take(one: Samples, other: Samples) -> bool:
    """Say whether some second of `one` is in `other` as a waveform: the same recording under two names."""
    other = np.pad(other, (0, max(0, RATE_HZ - len(other))))
    size = 1 << int(np.ceil(np.log2(len(other) + RATE_HZ)))
    spectrum = np.fft.rfft(other.astype(np.float32), size)
    energy = np.cumsum(np.concatenate([[0.0], other.astype(np.float64) ** 2]))
    norms = np.sqrt(np.maximum(energy[RATE_HZ:] - energy[:-RATE_HZ], 1.0))
    for start in range(0, max(1, len(one) - RATE_HZ), RATE_HZ // 2):
        piece = one[start : start + RATE_HZ].astype(np.float32)
        probe = np.conj(np.fft.rfft(piece, size))
        correlation = np.abs(np.fft.irfft(spectrum * probe)[: len(norms)])
        if np.max(correlation / np.maximum(norms, np.max(norms) * 0.05)) > 0.8 * np.linalg.norm(piece):
            return True
    return False


def split(clips: list[Clip], part: str) -> list[Clip]:
    """The `tune` or the `report` half, chosen by the name's digest so that it never moves."""
    parity = {"tune": 0, "report": 1}[part]
    return [clip for clip in clips if hashlib.sha256(clip.name.encode()).digest()[0] % 2 == parity]
