"""Turns decoded audio frames of any layout into 16-bit samples at 8 kHz, whatever the frames hold.

FFmpeg's resampler does the filtering. What it cannot be trusted with is done here first: many channels of unknown
layout, NaN and infinite floats, channels in opposite phase, which would cancel to silence, and rates below speech.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.formats.channel_mix import ChannelMix

PCM_RATE = 8000
BATCH_SAMPLES = 16_384
LEAST_RATE = 2000
"""No speech is recorded below this rate, in Hz: such a header is wrong, and the samples play at PCM_RATE."""
_FULL_SCALE = {"u8": 128.0, "s16": 32768.0, "s32": 2147483648.0}


@dataclass(frozen=True, slots=True)
class Heard:
    """Samples of one signal of a track: 0 is the mix, others are channels.

    When a signal is new, `follows` is the one that stood for its channel until now; -1 else.
    """

    signal: int
    samples: bytes
    channel: int = -1
    follows: int = -1


@dataclass(slots=True)
class _Signal:
    resampler: Any
    follows: int = -1
    is_new: bool = True


@dataclass(slots=True)
class TrackPcm:
    """Collects the frames of one track. `takes_room` says whether one more channel may be heard by itself."""

    codec: str
    takes_room: Callable[[], bool] = lambda: False
    mix: ChannelMix = field(init=False)
    wrong_rate: int = 0
    _setup: tuple[str, str, int] | None = None
    _fifo: Any = None
    _signals: list[_Signal] = field(default_factory=list)
    _samples: int = 0

    def __post_init__(self) -> None:
        self.mix = ChannelMix(self.takes_room)

    @property
    def seconds(self) -> float:
        """Length of the output so far."""
        return self._samples / PCM_RATE

    def push(self, frame: Any) -> list[Heard]:
        """The samples that are ready; frames are worked on in batches. Frames without rate or samples give none."""
        if not frame.samples or not frame.sample_rate:
            return []
        if frame.sample_rate < LEAST_RATE:
            self.wrong_rate = frame.sample_rate
            frame.sample_rate = PCM_RATE
        setup = (frame.format.name, frame.layout.name, frame.sample_rate)
        out: list[Heard] = []
        if setup != self._setup:
            out = self.finish()
            self._setup, self._fifo = setup, _new_fifo()
        frame.pts = None
        self._fifo.write(frame)
        return out + self._batch() if self._fifo.samples >= BATCH_SAMPLES else out

    def finish(self) -> list[Heard]:
        """The samples still waiting and inside the resamplers."""
        if self._setup is None:
            return []
        out = self._batch()
        out += [Heard(number, self._drain(number, None)) for number in range(len(self._signals))]
        self._setup = self._fifo = None
        for signal in self._signals:
            signal.resampler = _new_resampler()
        return out

    def _batch(self) -> list[Heard]:
        frame = self._fifo.read()
        if frame is None:
            return []
        frame.pts = None
        if len(frame.layout.channels) == 1 and not self.codec.startswith("pcm_f"):
            return self._play([frame], [])
        signals, follows = self.mix.split(_as_float(frame))
        return self._play([_mono_frame(signal, frame.sample_rate) for signal in signals], follows)

    def _play(self, frames: list[Any], follows: list[int]) -> list[Heard]:
        """Resample one stretch of every signal. New signals come first: they go on where another stood for them."""
        if not self._signals:
            self._signals.append(_Signal(_new_resampler(), is_new=False))
        self._signals += [_Signal(_new_resampler(), follows=each) for each in follows]
        main = self._drain(0, frames[0])
        heard = [Heard(0, main)]
        for number, frame in enumerate(frames[1:], 1):
            signal = self._signals[number]
            samples = self._drain(number, frame)
            if not signal.is_new:
                heard.append(Heard(number, samples))
                continue
            signal.is_new = False
            channel = self.mix.separate[number - 1]
            heard.append(Heard(number, samples.rjust(len(main), b"\0"), channel, signal.follows))
        return sorted(heard, key=lambda each: each.follows < 0)

    def _drain(self, number: int, frame: Any) -> bytes:
        pieces = self._signals[number].resampler.resample(frame)
        out = b"".join(bytes(piece.planes[0])[: piece.samples * 2] for piece in pieces)
        self._samples += 0 if number else len(out) // 2
        return out


def _as_float(frame: Any) -> NDArray[np.float32]:
    """Samples as (channels, samples) between -1 and 1; what is no number becomes silence. Equal channels are one."""
    count = len(frame.layout.channels)
    if frame.format.name.startswith("s64"):  # numpy conversion lacks it
        frame = _as_doubles(frame)
    raw = frame.to_ndarray()
    kind = frame.format.name.removesuffix("p")
    planar = raw if frame.format.is_planar else raw.reshape(-1, count).T
    if all(np.array_equal(planar[0], other) for other in planar[1:]):
        planar = planar[:1]
    samples: NDArray[np.float32] = np.ascontiguousarray(planar, dtype=np.float32)
    if kind in _FULL_SCALE:
        offset = np.float32(128.0 if kind == "u8" else 0.0)
        return (samples - offset) * np.float32(1 / _FULL_SCALE[kind])
    with np.errstate(over="ignore", invalid="ignore"):
        is_finite = bool(np.isfinite(samples.sum()))
    return np.clip(samples if is_finite else np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)


def _as_doubles(frame: Any) -> Any:
    import av

    resampler = av.AudioResampler(format="dblp", layout=frame.layout, rate=frame.sample_rate)
    frame.pts = None
    return resampler.resample(frame)[0]


def _mono_frame(samples: NDArray[np.float32], rate: int) -> Any:
    import av

    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples).reshape(1, -1), format="flt", layout="mono")
    frame.sample_rate = rate
    return frame


def _new_fifo() -> Any:
    import av

    return av.AudioFifo()


def _new_resampler() -> Any:
    import av

    return av.AudioResampler(format="s16", layout="mono", rate=PCM_RATE)
