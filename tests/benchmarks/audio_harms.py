"""One harm each: codecs, rates, noise, rooms. Samples are of 16 bits at 8,000 Hz, in and out."""

from __future__ import annotations

import io
import subprocess
from fractions import Fraction

import av
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, resample_poly, sosfilt

from forensics.fingerprints.audio.features import RATE_HZ
from tests.benchmarks.audio_corpus import Samples


def transcode(samples: Samples, codec: str, container: str, *, rate_hz: int, bit_rate: int = 0) -> Samples:
    """Encode and decode through PyAV. Codec delay is left in, as a leak would have it."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate_hz, layout="mono")
        if bit_rate:
            stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.time_base = RATE_HZ, Fraction(1, RATE_HZ)
        resampler = av.AudioResampler(
            format=stream.format, layout="mono", rate=rate_hz, frame_size=stream.frame_size or 0
        )
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(piece))
        output.mux(stream.encode(None))
    file.seek(0)
    with av.open(file) as container_in:
        back = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        blocks = [out.to_ndarray()[0] for f in container_in.decode(audio=0) for out in back.resample(f)]
        blocks += [out.to_ndarray()[0] for out in back.resample(None)]
    return np.concatenate(blocks)


def through_ffmpeg(samples: Samples, *arguments: str, container: str) -> Samples:
    """Encode with the ffmpeg program (codecs that PyAV's wheel cannot write) and decode again."""
    raw = ["-f", "s16le", "-ar", str(RATE_HZ), "-ac", "1"]
    quiet = ["ffmpeg", "-hide_banner", "-loglevel", "error"]
    encoded = subprocess.run(
        [*quiet, *raw, "-i", "-", *arguments, "-f", container, "-"],
        input=samples.tobytes(),
        capture_output=True,
        check=True,
    ).stdout
    decoded = subprocess.run(
        [*quiet, "-f", container, "-i", "-", *raw, "-"], input=encoded, capture_output=True, check=True
    )
    return np.frombuffer(decoded.stdout, dtype="<i2")


def gsm(samples: Samples) -> Samples:
    """GSM full rate, 13 kbit/s."""
    return through_ffmpeg(samples, "-c:a", "libgsm", container="gsm")


def scaled(values: NDArray[np.floating], peak: float = 20000.0) -> Samples:
    """Back to 16 bits with the given peak."""
    return np.rint(values * (peak / (np.max(np.abs(values)) + 1e-9))).astype(np.int16)


def excerpt(samples: Samples, seconds: float, random: Generator) -> tuple[Samples, float]:
    """A piece where at least 60 % of the frames carry speech (the best of 20 tries)."""
    size = int(seconds * RATE_HZ)
    if len(samples) <= size:
        return samples, 0.0
    loud = np.abs(samples.astype(np.float32)) > 0.05 * np.max(np.abs(samples))
    starts = random.integers(0, len(samples) - size, 20)
    shares = [np.mean(np.convolve(loud[start : start + size], np.ones(400), "same")[::400] > 20) for start in starts]
    start = int(
        next((s for s, share in zip(starts, shares, strict=True) if share >= 0.6), starts[int(np.argmax(shares))])
    )
    return samples[start : start + size], start / RATE_HZ


def speed(samples: Samples, factor: float) -> Samples:
    """Play faster; pitch moves along."""
    ratio = Fraction(factor).limit_denominator(100)
    return scaled(resample_poly(samples.astype(np.float64), ratio.denominator, ratio.numerator))


def tempo(samples: Samples, factor: float) -> Samples:
    """Play faster by overlap and add; pitch stays. `factor` from 0.5 to 2."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(format="s16", sample_rate=RATE_HZ, layout="mono", time_base=Fraction(1, RATE_HZ))
    stretch, sink = graph.add("atempo", f"{factor:.6f}"), graph.add("abuffersink")
    source.link_to(stretch)
    stretch.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None, :]), format="s16", layout="mono")
    frame.sample_rate, frame.time_base, frame.pts = RATE_HZ, Fraction(1, RATE_HZ), 0
    graph.push(frame)
    graph.push(None)
    blocks: list[Samples] = []
    while True:
        try:
            blocks.append(graph.pull().to_ndarray()[0])  # type: ignore[union-attr]
        except (av.error.BlockingIOError, av.error.EOFError):
            return np.concatenate(blocks)


def pitch(samples: Samples, semitones: float) -> Samples:
    """Raise the voice; length stays: played faster, then stretched back."""
    factor = 2 ** (semitones / 12)
    return tempo(speed(samples, factor), 1 / factor)


def mixed(samples: Samples, noise: NDArray[np.floating], decibels: float) -> Samples:
    """Add noise at that ratio of mean powers."""
    signal = samples.astype(np.float64)
    noise = np.resize(noise.astype(np.float64), len(signal))
    gain = np.sqrt(np.mean(signal**2) / (np.mean(noise**2) + 1e-9) / 10 ** (decibels / 10))
    return scaled(signal + gain * noise)


def room(samples: Samples, random: Generator) -> Samples:
    """Played in a room and recorded again: echo, telephone band, pink noise 15 dB down, gain control, clipping."""
    t60, direct_db = random.uniform(0.25, 0.6), random.uniform(0.0, 4.0)
    time_s = np.arange(int(t60 * RATE_HZ)) / RATE_HZ
    tail = random.standard_normal(len(time_s)) * 10 ** (-3 * time_s / t60)
    tail *= 10 ** (-direct_db / 20) / np.linalg.norm(tail)
    tail[0] = 1.0
    wet = fftconvolve(samples.astype(np.float64), tail)[: len(samples)]
    band = butter(4, (300, 3400), "bandpass", fs=RATE_HZ, output="sos")
    noisy = mixed(scaled(sosfilt(band, wet)), pink(len(wet), random), 15.0).astype(np.float64)
    level = np.sqrt(np.convolve(noisy**2, np.ones(2400) / 2400, "same")) + np.sqrt(np.mean(noisy**2)) * 0.3
    driven = noisy / level
    return scaled(np.clip(driven, -2.5, 2.5))


def pink(count: int, random: Generator) -> NDArray[np.float64]:
    """Noise whose power falls with frequency."""
    spectrum = np.fft.rfft(random.standard_normal(count))
    spectrum /= np.sqrt(np.arange(len(spectrum)) + 1.0)
    return np.fft.irfft(spectrum, count)


def babble(voices: list[Samples], count: int, random: Generator) -> NDArray[np.float64]:
    """Five people talking at once."""
    total = np.zeros(count)
    for index in random.integers(0, len(voices), 5):
        voice = np.resize(voices[index], count).astype(np.float64)
        total += np.roll(voice / (np.std(voice) + 1e-9), int(random.integers(count)))
    return total


def delay_s(before: Samples, after: Samples, most_s: float = 0.3) -> float:
    """How much later the sound of `before` comes in `after`: where the two correlate most."""
    size = 1 << int(np.ceil(np.log2(len(before) + len(after))))
    product = np.fft.rfft(after.astype(np.float64), size) * np.conj(np.fft.rfft(before.astype(np.float64), size))
    reach = int(most_s * RATE_HZ)
    correlation = np.abs(np.roll(np.fft.irfft(product), reach)[: 2 * reach])
    return float(np.argmax(correlation) - reach) / RATE_HZ
