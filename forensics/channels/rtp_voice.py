"""Voice over RTP (RFC 3550) between two ends: sound files of what each end says.

Each direction of a pair, and each source (SSRC) in it, is an object of its own: `call-<ssrc>.wav` or what its format
is kept in, coded as it was sent. It is given when the source says goodbye (RTCP), when the call ends (SIP), or when
it was silent for a minute. Until then it is given in parts: as soon as a minute of new sound is there a part comes
out, and each part begins with the last ten seconds of the one before, so that a clip across a border is whole in
one of them. Lost packets become silence and are told in `missing`; what was left out for silence is silence.

Up is what the caller says, or without a call the end that was heard first. Encrypted voice is a Gap.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import ClassVar

from forensics.channels import rtp_packets
from forensics.channels.base import End, Peers
from forensics.channels.desk import Desk, Expectation, Hears
from forensics.channels.rtp_formats import Format
from forensics.channels.rtp_packets import RtpPacket
from forensics.channels.rtp_recording import Speaker
from forensics.channels.rtp_stream import RtpStream
from forensics.channels.sdp import Media

SOURCES_LIMIT = 16
QUIET_S = 60.0
ENCRYPTED = "encrypted voice"
PROTOCOL = "rtp"


@dataclass(slots=True)
class Call:
    """A call as its signalling tells it: whom it goes to, where voice is awaited, and the pairs that carry it."""

    uri: str = ""
    media: dict[End, Media] = field(default_factory=dict)
    pairs: list[Voice] = field(default_factory=list)
    is_over: bool = False

    def announce(self, media: Media, desk: Desk, *, is_callers: bool) -> None:
        """Voice will be heard at these ends, which are the caller's or the other's."""
        new = [end for end in media.ends if end not in self.media]
        self.media.update(dict.fromkeys(media.ends, media))
        for end in new:
            desk.expect(end, Awaited(self, is_callers))

    def end(self, time: float) -> None:
        """Somebody hung up."""
        for pair in self.pairs:
            pair.over(time)
        self.pairs.clear()
        self.is_over = True


@dataclass(frozen=True, slots=True)
class Awaited(Expectation):
    """Voice of a call, at an end its caller or the other side gave."""

    call: Call
    is_callers: bool
    transport: ClassVar[str] = "udp"

    def take(self, peers: Peers, listening: int, desk: Desk) -> Hears | None:
        """Any pair with the end may be it, until the call is over."""
        if self.call.is_over:
            return None
        voice = Voice(peers, listening if self.is_callers else 1 - listening, desk, self.call)
        voice.awaited = peers.ends[listening], self
        self.call.pairs.append(voice)
        return voice


class Voice(Hears):
    """The datagrams between two ends that speak, RTCP among them; `client` is the caller's side."""

    def __init__(self, peers: Peers, client: int, desk: Desk, call: Call | None = None) -> None:
        self.peers = peers
        self.client = client
        self.desk = desk
        self.awaited: tuple[End, Awaited] | None = None
        self._call = call
        self._streams: OrderedDict[tuple[int, int], RtpStream] = OrderedDict()
        self._unread: Counter[str] = Counter()
        self._sides_with_keys: set[int] = set()
        self._position = 0
        self._looked = 0.0

    def datagram(self, side: int, payload: bytes, length: int, time: float) -> None:
        """Take one datagram."""
        position = self._position
        self._position += max(1, length)
        self._await_others()
        self._end_quiet(time)
        packet = rtp_packets.parse(payload, length=length, position=position, time=time)
        if packet is not None:
            self._take(side, packet)
        elif rtp_packets.agrees_on_keys(payload):
            self._sides_with_keys.add(side)
        elif rtp_packets.is_report(payload):
            for source in rtp_packets.goodbyes(payload):
                self._end(side, source)
        elif not rtp_packets.is_idle_talk(payload) and not rtp_packets.is_lead(payload):
            self._unread["not RTP where voice was awaited"] += length

    def over(self, time: float) -> None:
        """Nothing more comes, for now: give what there is and say what was not read."""
        for side, source in list(self._streams):
            self._end(side, source)
        for cause, size in self._unread.items():
            self.desk.lose(self.peers, channel=PROTOCOL, time=time, cause=cause, size=size)
        self._unread.clear()

    def _take(self, side: int, packet: RtpPacket) -> None:
        if self._is_encrypted:
            self._unread[ENCRYPTED] += len(packet.payload)
            return
        key = side, packet.source
        stream = self._streams.get(key) or self._begin(side, packet.source)
        self._streams.move_to_end(key)
        restarted = stream.take(packet)
        if restarted is not None:
            self._end(side, packet.source)
            stream = self._begin(side, packet.source)
            stream.take(restarted)
            stream.take(packet)

    def _begin(self, side: int, source: int) -> RtpStream:
        while len(self._streams) >= SOURCES_LIMIT:
            self._end(*next(iter(self._streams)))
        speaker = Speaker(self.desk, self.peers, side, self.client, source, self._uri())
        stream = self._streams[side, source] = RtpStream(speaker, lambda: self._formats(side))
        return stream

    def _end(self, side: int, source: int) -> None:
        stream = self._streams.pop((side, source), None)
        if stream:
            stream.finish()
            self._unread.update(stream.unread)

    def _end_quiet(self, time: float) -> None:
        """End the sources that have said nothing for long while others go on."""
        if time - self._looked < QUIET_S / 10:
            return
        self._looked = time
        for key in [key for key, stream in self._streams.items() if time - stream.time > QUIET_S]:
            self._end(*key)

    def _await_others(self) -> None:
        """The end that was announced may be spoken to from elsewhere too."""
        if self.awaited:
            (end, awaited), self.awaited = self.awaited, None
            self.desk.expect(end, awaited)

    @property
    def _media(self) -> list[Media]:
        """What was announced for the ends of this pair, side 0 first."""
        known = self._call.media if self._call and not self._call.is_over else {}
        return [known[end] for end in self.peers.ends if end in known]

    @property
    def _is_encrypted(self) -> bool:
        media = self._media
        return len(self._sides_with_keys) == 2 or (bool(media) and all(each.is_encrypted for each in media))

    def _formats(self, side: int) -> dict[int, Format]:
        """What payload types mean: as the receiver announced them, else as the sender did."""
        known = self._call.media if self._call and not self._call.is_over else {}
        formats: dict[int, Format] = {}
        for end in (self.peers.ends[side], self.peers.ends[1 - side]):
            formats |= known[end].formats if end in known else {}
        return formats

    def _uri(self) -> str:
        if self._call and self._call.uri and not self._call.is_over:
            return self._call.uri
        return f"rtp://{self.peers.name(1 - self.client)}"
