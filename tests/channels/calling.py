"""Voice as datagrams: packets made by hand, told to a fresh exchange."""

from __future__ import annotations

import io
import struct

import av
import numpy as np

from forensics.channels.exchange import Exchange
from forensics.model import Gap, WireObject

CALLER, CALLEE = ("10.1.0.5", 40000), ("192.0.2.80", 5004)
ENDS = (CALLER, CALLEE)
SOURCE = 0xC0FFEE01


def rtp(number: int, stamp: int, payload: bytes, *, kind: int = 0, source: int = SOURCE, marker: int = 0) -> bytes:
    head = struct.pack("!BBHII", 0x80, marker << 7 | kind, number % 65_536, stamp % (1 << 32), source)
    return head + payload


def packets(payloads, *, step: int = 160, kind: int = 0, number: int = 100, stamp: int = 5000, source: int = SOURCE):
    """A packet each payload, `step` ticks apart."""
    return [rtp(number + n, stamp + n * step, each, kind=kind, source=source) for n, each in enumerate(payloads)]


def cut(data: bytes, size: int = 160) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def heard(datagrams, *, ends=ENDS, exchange: Exchange | None = None, side: int = 0) -> list[WireObject | Gap]:
    """What comes of datagrams of one side, 20 ms apart, when nothing follows."""
    exchange = exchange or Exchange()
    pair = tell(exchange, datagrams, ends=ends, side=side)
    pair.over(2000.0)
    return list(exchange.take())


def tell(exchange: Exchange, datagrams, *, ends=ENDS, side: int = 0):
    pair = exchange.hear(f"udp/{ends}", ends, 1000.0)
    for count, datagram in enumerate(datagrams):
        pair.datagram(side, datagram, len(datagram), 1000.0 + count / 50)
    return pair


def noise(seconds: float, seed: int = 1, rate: int = 8000) -> np.ndarray:
    """Something that sounds: tones that come and go, 16-bit."""
    random = np.random.default_rng(seed)
    time = np.arange(int(seconds * rate)) / rate
    tones = sum(np.sin(2 * np.pi * (f * time + random.random())) for f in random.uniform(200, 2500, 5))
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 1.3 * time)
    return (tones * swell * 4000).astype("<i2")


def encoded(codec: str, samples: np.ndarray, rate: int = 8000, frame: int = 160, **options) -> list[bytes]:
    """The packets an encoder makes of samples."""
    context = av.CodecContext.create(codec, "w")
    context.sample_rate, context.layout, context.format = rate, "mono", "s16"
    for name, value in options.items():
        setattr(context, name, value)
    context.open()
    frame = context.frame_size or frame
    made = []
    for at in range(0, len(samples) - frame + 1, frame):
        part = av.AudioFrame.from_ndarray(samples[None, at : at + frame], "s16", "mono")
        part.sample_rate = rate
        made += [bytes(packet) for packet in context.encode(part)]
    return made + [bytes(packet) for packet in context.encode(None)]


def decoded(data: bytes, rate: int = 8000) -> np.ndarray:
    """The samples of a sound file, as FFmpeg hears it."""
    resampler = av.AudioResampler("s16", "mono", rate)
    with av.open(io.BytesIO(data)) as container:
        parts = [part.to_ndarray()[0] for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate([*parts, *(part.to_ndarray()[0] for part in resampler.resample(None))])


def likeness(ours: np.ndarray, theirs: np.ndarray, reach: int = 800) -> float:
    """The correlation of two recordings where they fit best, shifted by up to `reach` samples."""
    size = min(len(ours), len(theirs)) - 2 * reach
    mine, middle = ours[: size + 2 * reach].astype(float), theirs[reach : reach + size].astype(float)
    spectrum = np.fft.rfft(mine) * np.conj(np.fft.rfft(middle, len(mine)))
    at = int(np.fft.irfft(spectrum, len(mine))[: 2 * reach + 1].argmax())
    return float(np.corrcoef(mine[at : at + size], middle)[0, 1])
