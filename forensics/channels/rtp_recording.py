"""What one source says in one format, given out as sound files of a minute that overlap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from forensics.channels.base import Peers
from forensics.channels.desk import Desk
from forensics.channels.rtp_codecs import Codec
from forensics.channels.sound_files import Frame, Piece
from forensics.content import Spool
from forensics.errors import LimitReached
from forensics.model import ByteRange, Direction, WireObject

PART_S = 60
"""New sound in a part: how long a call may go on before what was said is looked at."""
OVERLAP_S = 10
"""What a part repeats of the one before, so that a clip at the border is whole in one of them."""
LEAST_S = 0.2
"""New sound below which there is nothing to give."""
_FRAME_COST_BYTES = 120
"""What holding a frame costs beside its bytes."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who is heard: the sending side of a pair, its SSRC, and what its objects are called by."""

    desk: Desk
    peers: Peers
    side: int
    client: int
    source: int
    uri: str


class _Kept(NamedTuple):
    frame: Frame
    position: int
    time: float
    is_voice: bool


class Recording:
    """Collects frames; a part is given when a minute of new sound is there, and the last when it ends."""

    def __init__(self, speaker: Speaker, codec: Codec, first_part: int = 1) -> None:
        self.codec = codec
        self.part = first_part
        self._speaker = speaker
        self._kept: list[_Kept] = []
        self._new_ticks = 0
        self._voice_ticks = 0
        self._charged = 0
        self._refused = 0
        self._time = 0.0

    def add(self, frame: Frame, position: int, time: float, *, is_voice: bool) -> None:
        """Take the next frame, which came `position` bytes into the pair's datagrams; `is_voice` unless it fills."""
        self._time = time
        cost = len(frame.data) + _FRAME_COST_BYTES
        if not self._speaker.desk.charge(cost):
            self._refused += len(frame.data)
            return
        self._charged += cost
        self._kept.append(_Kept(frame, position, time, is_voice))
        self._new_ticks += frame.ticks
        self._voice_ticks += frame.ticks if is_voice else 0
        if self._new_ticks >= PART_S * self.codec.clock:
            self._give()
            self._forget_all_but(OVERLAP_S * self.codec.clock)

    def finish(self) -> None:
        """Give what is new since the last part."""
        self._give()
        self._forget_all_but(0)
        if self._refused:
            desk, peers, size, self._refused = self._speaker.desk, self._speaker.peers, self._refused, 0
            desk.lose(peers, channel="rtp", time=self._time, cause="object lost", size=size, detail=self.codec.name)

    def _give(self) -> None:
        if self._voice_ticks < LEAST_S * self.codec.clock:
            return
        speaker, codec, first = self._speaker, self.codec, self._kept[0]
        frames = [kept.frame for kept in self._kept]
        self._refund()
        spool = Spool(limit_bytes=speaker.desk.object_limit)
        missing = list(_write(spool, codec.file(frames, speaker.source)))
        number = f"-{self.part}" if self.part > 1 else ""
        self.part += 1
        if not spool.size:
            self._refused += sum(len(frame.data) for frame in frames)
            return
        speaker.desk.emit(
            WireObject(
                protocol="rtp",
                direction=Direction.UP if speaker.side == speaker.client else Direction.DOWN,
                name=f"call-{speaker.source:08x}{number}.{codec.suffix}",
                content=spool.close(),
                missing=tuple(missing),
                source=speaker.peers.name(speaker.side),
                destination=speaker.peers.name(1 - speaker.side),
                uri=speaker.uri,
                time=first.time,
                flow=speaker.peers.key,
                position=first.position,
                media_type=codec.media_type,
            )
        )

    def _refund(self) -> None:
        self._speaker.desk.refund(self._charged)
        self._charged = 0

    def _forget_all_but(self, ticks: int) -> None:
        """Keep only the last `ticks`, which are not new any more."""
        start = len(self._kept)
        while start and ticks > 0:
            start -= 1
            ticks -= self._kept[start].frame.ticks
        self._refund()
        self._kept = self._kept[start:]
        self._new_ticks = self._voice_ticks = 0


def _write(spool: Spool, pieces: Iterator[Piece]) -> Iterator[ByteRange]:
    """Write a file, as far as it may go; yields the ranges that stand for what was never seen, joined."""
    lost: ByteRange | None = None
    for data, is_lost in pieces:
        start = spool.size
        try:
            spool.write(data)
        except (LimitReached, OSError):
            break
        if not is_lost:
            continue
        if lost and lost.end == start:
            lost = ByteRange(start=lost.start, end=spool.size)
            continue
        if lost:
            yield lost
        lost = ByteRange(start=start, end=spool.size)
    if lost:
        yield lost
