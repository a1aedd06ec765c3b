"""Turns decoded audio frames of any layout into 16-bit mono at 8 kHz, whatever the frames hold.

FFmpeg's resampler does the filtering. What it cannot be trusted with is mixed down here first: many channels of
unknown layout, NaN and infinite floats, and channels in opposite phase, which would cancel to silence.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

PCM_RATE = 8000
BATCH_SAMPLES = 16_384
_SILENCE_POWER = 1e-5
_FULL_SCALE = {"u8": 128.0, "s16": 32768.0, "s32": 2147483648.0}


class MonoPcm:
    """Collects the frames of one track. `seconds` counts what came out so far."""

    def __init__(self, codec: str) -> None:
        self._is_raw_float = codec.startswith("pcm_f")
        self._setup: tuple[str, str, int] | None = None
        self._fifo: Any = None
        self._resampler: Any = None
        self._channel = -1
        self._samples = 0

    @property
    def seconds(self) -> float:
        """Length of the output so far."""
        return self._samples / PCM_RATE

    def push(self, frame: Any) -> bytes:
        """The samples that are ready; frames are worked on in batches. Frames without rate or samples give none."""
        if not frame.samples or not frame.sample_rate:
            return b""
        setup = (frame.format.name, frame.layout.name, frame.sample_rate)
        out = b""
        if setup != self._setup:
            out = self.finish()
            self._setup, self._fifo, self._resampler = setup, _new_fifo(), _new_resampler()
        frame.pts = None
        self._fifo.write(frame)
        return out + self._batch() if self._fifo.samples >= BATCH_SAMPLES else out

    def finish(self) -> bytes:
        """The samples still waiting and inside the resampler."""
        if self._setup is None:
            return b""
        out = self._batch()
        out += self._drain(None)
        self._setup = self._fifo = self._resampler = None
        return out

    def _batch(self) -> bytes:
        frame = self._fifo.read()
        if frame is None:
            return b""
        if len(frame.layout.channels) != 1 or self._is_raw_float:
            frame = _mono_frame(self._mixed(frame), frame.sample_rate)
        frame.pts = None
        return self._drain(frame)

    def _drain(self, frame: Any) -> bytes:
        parts = [bytes(piece.planes[0])[: piece.samples * 2] for piece in self._resampler.resample(frame)]
        out = b"".join(parts)
        self._samples += len(out) // 2
        return out

    def _mixed(self, frame: Any) -> NDArray[np.float32]:
        """The mean of the channels, or the loudest channel once the mean has been seen to cancel."""
        channels = _as_float(frame)
        if self._channel >= 0:
            return _row(channels, min(self._channel, len(channels) - 1))
        mean: NDArray[np.float32] = channels.mean(axis=0, dtype=np.float32)
        if len(channels) > 1:
            powers = np.square(channels).mean(axis=1)
            if powers.max() > _SILENCE_POWER and np.square(mean).mean() < 0.02 * powers.mean():
                self._channel = int(powers.argmax())
                return _row(channels, self._channel)
        return mean


def _as_float(frame: Any) -> NDArray[np.float32]:
    """Samples as (channels, samples) between -1 and 1; what is no number becomes silence."""
    count = len(frame.layout.channels)
    if frame.format.name.startswith("s64"):  # numpy conversion lacks it
        frame = _as_doubles(frame)
    raw = frame.to_ndarray()
    kind = frame.format.name.removesuffix("p")
    planar = raw if frame.format.is_planar else raw.reshape(-1, count).T
    samples = planar.astype(np.float32)
    if kind in _FULL_SCALE:
        samples = (samples - (128.0 if kind == "u8" else 0.0)) / _FULL_SCALE[kind]
    else:
        samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    clipped: NDArray[np.float32] = np.clip(samples, -1.0, 1.0).astype(np.float32)
    return clipped


def _as_doubles(frame: Any) -> Any:
    import av

    resampler = av.AudioResampler(format="dblp", layout=frame.layout, rate=frame.sample_rate)
    frame.pts = None
    return resampler.resample(frame)[0]


def _row(channels: NDArray[np.float32], number: int) -> NDArray[np.float32]:
    row: NDArray[np.float32] = channels[number]
    return row


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
