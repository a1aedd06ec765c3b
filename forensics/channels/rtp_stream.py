"""The packets of one RTP source, put in order and on their time line; what was lost or left out becomes silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from forensics.channels import rtp_guess
from forensics.channels.rtp_codecs import Codec
from forensics.channels.rtp_formats import SILENT_NAMES, STATIC, Format, codec_of
from forensics.channels.rtp_packets import RtpPacket, distance
from forensics.channels.rtp_recording import Recording, Speaker
from forensics.channels.sound_files import Frame

AHEAD_PACKETS = 48
"""Packets that wait for an earlier one before it counts as lost: about a second."""
LATE_PACKETS = 100
JUMP_PACKETS = 3000
"""What a sequence number may be behind or ahead of the one expected and still belong (RFC 3550, A.1)."""
PROBE_PACKETS = 6
"""Packets of a payload type that are looked at before it is decided what they hold."""
SILENCE_LIMIT_S = 30
"""Longest silence that is filled in for one jump of the time stamps."""
_EVENT_BYTES = 4
_TYPES_LIMIT = 32

Formats = Callable[[], dict[int, Format]]
Item = tuple[int, RtpPacket]
"""Packets lost before one, and the packet."""


@dataclass(slots=True)
class Reading:
    """How a payload type is read: its codec, None when it is none that is read, and time stamp units a tick."""

    codec: Codec | None = None
    stretch: Fraction = Fraction(1)
    is_silent: bool = False
    is_sealed: bool = False


class Order:
    """Packets by sequence number, each once; gives up on one that is missing when enough later ones wait."""

    def __init__(self) -> None:
        self._next = -1
        self._waiting: dict[int, RtpPacket] = {}
        self._first: list[RtpPacket] = []

    def is_far(self, number: int) -> bool:
        """Say whether a number cannot belong to what came so far."""
        return self._next >= 0 and not -LATE_PACKETS <= distance(number, self._next, bits=16) < JUMP_PACKETS

    def push(self, packet: RtpPacket) -> Iterator[Item]:
        """Take a packet; yields those whose turn it is."""
        if self._next < 0:
            self._first.append(packet)
            if len(self._first) >= PROBE_PACKETS:
                yield from self._begin()
            return
        if distance(packet.sequence, self._next, bits=16) >= 0:
            self._waiting.setdefault(packet.sequence, packet)
            yield from self._ready()
            while len(self._waiting) > AHEAD_PACKETS:
                yield from self._pass_over()

    def drain(self) -> Iterator[Item]:
        """Yield what still waits: nothing earlier will come."""
        if self._first:
            yield from self._begin()
        while self._waiting:
            yield from self._pass_over()

    def _begin(self) -> Iterator[Item]:
        """The first packets may have come in any order."""
        first, self._first = rtp_guess.in_order(self._first), []
        self._next = first[0].sequence
        for packet in first:
            if not self.is_far(packet.sequence):
                self._waiting[packet.sequence] = packet
        yield from self._ready()

    def _ready(self, lost: int = 0) -> Iterator[Item]:
        while (packet := self._waiting.pop(self._next, None)) is not None:
            self._next = (self._next + 1) % 65_536
            yield lost, packet
            lost = 0

    def _pass_over(self) -> Iterator[Item]:
        lost = min(distance(number, self._next, bits=16) for number in self._waiting)
        self._next = (self._next + lost) % 65_536
        yield from self._ready(lost)


class RtpStream:
    """One source from its first packet to its end."""

    def __init__(self, speaker: Speaker, formats: Formats) -> None:
        self._speaker = speaker
        self._formats = formats
        self._order = Order()
        self._readings: dict[int, Reading] = {}
        self._probed: list[Item] = []
        self._recording: Recording | None = None
        self._part = 1
        self._next_stamp = 0
        self._lost = 0
        self._far: RtpPacket | None = None
        self.time = 0.0
        """When it was heard last."""
        self.unread: Counter[str] = Counter()
        """Payload bytes that were not read, by why."""

    def take(self, packet: RtpPacket) -> RtpPacket | None:
        """Take a packet; returns one before it with which another count began, when `packet` confirms it."""
        self.time = packet.time
        if self._order.is_far(packet.sequence):
            far, self._far = self._far, packet
            return far if far and distance(packet.sequence, far.sequence, bits=16) == 1 else None
        self._far = None
        for item in self._order.push(packet):
            self._probe(item)
        return None

    def finish(self) -> None:
        """Give what there is: no more comes."""
        for item in self._order.drain():
            self._probe(item)
        self._decide()
        self._end_recording()

    def _probe(self, item: Item) -> None:
        """Hold the first packets of a payload type until it is known how they are read."""
        kind = item[1].kind
        if self._probed and self._probed[0][1].kind != kind:
            self._decide()
        if kind in self._readings:
            self._play(item)
            return
        self._probed.append(item)
        if len(self._probed) >= PROBE_PACKETS:
            self._decide()

    def _decide(self) -> None:
        probed, self._probed = self._probed, []
        if not probed:
            return
        packets = [packet for _, packet in probed]
        reading = self._reading(packets)
        if len(packets) >= PROBE_PACKETS and len(self._readings) < _TYPES_LIMIT:
            self._readings[packets[0].kind] = reading
        for item in probed:
            self._play(item, reading)

    def _reading(self, packets: list[RtpPacket]) -> Reading:
        kind = packets[0].kind
        form = self._formats().get(kind) or STATIC.get(kind)
        is_event = form is None and all(len(packet.payload) == _EVENT_BYTES for packet in packets)
        if is_event or (form and form.name in SILENT_NAMES):
            return Reading(is_silent=True)
        codec = codec_of(form) if form else rtp_guess.guessed(packets)
        if codec is None:
            return Reading()
        if rtp_guess.is_sealed(packets, codec):
            return Reading(is_sealed=True)
        return Reading(codec=codec, stretch=rtp_guess.stretch(packets, codec))

    def _play(self, item: Item, reading: Reading | None = None) -> None:
        lost, packet = item
        reading = reading or self._readings[packet.kind]
        self._lost += lost
        if reading.is_silent or not packet.payload:
            return
        frames = reading.codec.frames(packet.payload) if reading.codec else []
        if reading.codec is None or not frames:
            why = "encrypted voice" if reading.is_sealed else f"payload type {packet.kind} not read"
            self.unread[why] += len(packet.payload)
            self._lost += 1
            return
        recording = self._recording_of(reading.codec, packet)
        self._fill(recording, packet, reading.stretch, sum(frame.ticks for frame in frames))
        for frame in frames:
            recording.add(frame, packet.position, packet.time, is_voice=True)
        self._lost = 1 if packet.is_cut else 0

    def _recording_of(self, codec: Codec, packet: RtpPacket) -> Recording:
        known = self._recording.codec if self._recording else codec
        if self._recording is None or (known.name, known.clock) != (codec.name, codec.clock):
            self._end_recording()
            self._recording = Recording(self._speaker, codec, self._part)
            self._next_stamp = packet.timestamp
            self._lost = 0
        return self._recording

    def _end_recording(self) -> None:
        if self._recording:
            self._recording.finish()
            self._part = self._recording.part
            self._recording = None

    def _fill(self, recording: Recording, packet: RtpPacket, stretch: Fraction, lasting: int) -> None:
        """Silence from where the last packet ended to where this one begins; small jitter of the stamps stays."""
        gap = int(distance(packet.timestamp, self._next_stamp, bits=32) / stretch)
        if abs(gap) * 2 < lasting:
            self._next_stamp = (self._next_stamp + int(lasting * stretch)) % (1 << 32)
            return
        limit = SILENCE_LIMIT_S * recording.codec.clock
        gap = min(gap, limit)
        lost = max(0, min(gap, self._lost * lasting))
        for part, is_lost in ((lost, True), (gap - lost, False)):
            for data, ticks, _ in recording.codec.silence(part):
                recording.add(Frame(data, ticks, is_lost), packet.position, packet.time, is_voice=False)
        self._next_stamp = (packet.timestamp + int(lasting * stretch)) % (1 << 32)
