"""Recordings decoded, changed and coded again, through FFmpeg's libraries."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.rulebook.mutations.base import Sample

MOST_SECONDS = 300
"""Of a recording that are decoded; what is longer is left as it is."""
CODECS = {
    "mp3": ("libmp3lame", "mp3", 16_000, ".mp3"),
    "opus": ("libopus", "ogg", 16_000, ".opus"),
    "aac": ("aac", "adts", 16_000, ".aac"),
    "flac": ("flac", "flac", 0, ".flac"),
    "amr": ("libopencore_amrnb", "amr", 8_000, ".amr"),
    "wav": ("pcm_s16le", "wav", 0, ".wav"),
}
"""FFmpeg's encoder and container, the rate in Hz (0: as it is) and the ending of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A recording as int16 samples of one channel."""

    samples: NDArray[np.int16]
    rate: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.samples) / self.rate


def heard(sample: Sample) -> Sound | None:
    """A recording as samples; None when it is none, is too long or cannot be decoded."""
    if not sample.is_sound:
        return None
    import av

    pieces: list[NDArray[np.int16]] = []
    rate, count = 0, 0
    try:
        with av.open(io.BytesIO(sample.data), "r") as file:
            resampler: Any = None
            for frame in file.decode(audio=0):
                resampler = resampler or av.AudioResampler("s16", "mono", frame.sample_rate)
                rate = rate or frame.sample_rate
                for piece in resampler.resample(frame):
                    pieces.append(piece.to_ndarray().reshape(-1))
                    count += len(pieces[-1])
                if count > MOST_SECONDS * rate:
                    return None
    except (av.error.FFmpegError, IndexError, ValueError, OSError):
        return None
    return Sound(samples=np.concatenate(pieces), rate=rate) if count else None


def coded(sound: Sound, codec: str) -> bytes | None:
    """The recording in one of CODECS, without dates in it; None where FFmpeg lacks the encoder."""
    import av

    encoder, container, wanted, _ = CODECS[codec]
    rate = wanted or sound.rate
    out = io.BytesIO()
    try:
        with av.open(out, "w", format=container, options={"fflags": "+bitexact"}) as file:
            stream: Any = file.add_stream(encoder, rate=rate)
            stream.layout = "mono"
            if wanted:
                stream.bit_rate = 12_200 if codec == "amr" else 24_000
            _encode(file, stream, sound, rate)
    except (av.error.FFmpegError, ValueError):
        return None
    return out.getvalue()


def _encode(file: Any, stream: Any, sound: Sound, rate: int) -> None:
    import av

    resampler = av.AudioResampler(stream.format, "mono", rate)
    frame = av.AudioFrame.from_ndarray(sound.samples.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = sound.rate
    fifo = av.AudioFifo()
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
        piece.pts = None
        fifo.write(piece)
    while block := fifo.read(stream.codec_context.frame_size or 1024, partial=True):
        file.mux(stream.encode(block))
    file.mux(stream.encode(None))


def as_wave(sample: Sample, samples: NDArray[np.floating[Any]], rate: int) -> Sample | None:
    """Changed samples as a WAV file under the sample's name."""
    clipped = np.clip(np.rint(samples), -32768, 32767).astype(np.int16)
    data = coded(Sound(samples=clipped, rate=rate), "wav")
    return sample.changed(data, f"{sample.stem}.wav") if data else None


def moved(sample: Sample, container: str) -> bytes | None:
    """The coded sound of a recording in another of FFmpeg's containers; None where that does not take its codec."""
    if not sample.is_sound:
        return None
    import av

    out = io.BytesIO()
    try:
        with (
            av.open(io.BytesIO(sample.data), "r") as source,
            av.open(out, "w", format=container, options={"fflags": "+bitexact"}) as target,
        ):
            stream = source.streams.audio[0]
            copy = target.add_stream_from_template(stream)
            for packet in source.demux(stream):
                if packet.dts is not None:
                    packet.stream = copy
                    target.mux(packet)
    except (av.error.FFmpegError, IndexError, ValueError, OSError):
        return None
    return out.getvalue()
