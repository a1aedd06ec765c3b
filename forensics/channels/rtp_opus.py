"""Opus and Speex in RTP (RFC 6716, 7587, 5574): their packets go into Ogg as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.channels import sound_files
from forensics.channels.rtp_codecs import Codec
from forensics.channels.sound_files import Frame, Piece

OPUS_CLOCK = 48_000
_OPUS_TICKS = (480, 960, 1920, 2880) * 3 + (480, 960) * 2 + (120, 240, 480, 960) * 4
_OPUS_SILENCE = {960: b"\xf8\xff\xfe", 480: b"\xf0\xff\xfe", 240: b"\xe8\xff\xfe", 120: b"\xe0\xff\xfe"}
_OPUS_LIMIT_TICKS = 5760


class Opus(Codec):
    """Opus (RFC 6716, 7587): a payload is a packet."""

    def __init__(self) -> None:
        super().__init__("opus", OPUS_CLOCK, suffix="opus", media_type="audio/ogg")

    def frames(self, payload: bytes) -> list[Frame]:
        """One packet; a packet without data is silence."""
        ticks = opus_ticks(payload)
        if not ticks:
            return []
        if len(payload) < 3:
            return self.silence(ticks) or [Frame(payload, ticks)]
        return [Frame(payload, ticks)]

    def silence(self, ticks: int) -> list[Frame]:
        """Packets of 20 ms, and shorter ones for the rest."""
        found: list[Frame] = []
        rest = max(0, ticks)
        for size, packet in _OPUS_SILENCE.items():
            found += [Frame(packet, size)] * (rest // size)
            rest %= size
        return found

    def file(self, frames: Sequence[Frame], serial: int) -> Iterator[Piece]:
        """Ogg; stereo when any packet is."""
        channels = 2 if any(frame.data[0] & 4 for frame in frames) else 1
        return sound_files.ogg(frames, (sound_files.opus_head(channels), sound_files.OPUS_TAGS), serial)


class Speex(Codec):
    """Speex (RFC 5574), a frame a packet."""

    def __init__(self, clock: int) -> None:
        super().__init__("speex", clock, suffix="spx", media_type="audio/ogg")
        self._ticks = clock // 50

    def frames(self, payload: bytes) -> list[Frame]:
        """One packet."""
        return [Frame(payload, self._ticks)] if payload else []

    def silence(self, ticks: int) -> list[Frame]:
        """Frames without data."""
        return [Frame(b"\x03", self._ticks)] * (max(0, ticks) // self._ticks)

    def file(self, frames: Sequence[Frame], serial: int) -> Iterator[Piece]:
        """Ogg."""
        return sound_files.ogg(frames, (sound_files.speex_head(self.clock), sound_files.SPEEX_TAGS), serial)


def opus_ticks(packet: bytes) -> int:
    """What an Opus packet lasts at 48 kHz, from its first bytes; 0 when they break RFC 6716, 3.4."""
    if not packet:
        return 0
    count = (1, 2, 2)[packet[0] & 3] if packet[0] & 3 < 3 else (packet[1] & 0x3F if len(packet) > 1 else 0)
    if packet[0] & 3 == 1 and len(packet) % 2 == 0:
        return 0
    ticks = _OPUS_TICKS[packet[0] >> 3] * count
    return ticks if ticks <= _OPUS_LIMIT_TICKS else 0
