"""iodine (protocol 00000502): IP packets out of DNS names and answers, and out of its raw datagrams.

A name begins with the user in hexadecimal, 15 bits of sequence and fragment numbers in base 32 and a counter; the
rest is a fragment in one of four codes. Answers bring fragments behind two bytes of numbers. A whole packet is deflated
and checked by its Adler-32, so that the code need not be known: the one that gives a packet is the right one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from forensics.channels.base import End, Peers
from forensics.channels.datagrams import DatagramChannel
from forensics.channels.desk import Desk, Shelf
from forensics.channels.dns_messages import CNAME, MX, NULL, PRIVATE, SRV, TXT, Labels, Message
from forensics.channels.iodine_codes import BASE32, CODES, DOWN_CODES, Code, inflate, ip_packet
from forensics.channels.iodine_fragments import Fragments, Lately

TUNNELS_LIMIT = 256
USERS_LIMIT = 16
_RAW = b"\x10\xd1\x9e"
_RAW_DATA = 2
_VERSIONS = (b"\0\0\5\1", b"\0\0\5\2")
_HEXADECIMAL = b"0123456789abcdefABCDEF"
_HEAD_BYTES = 5
_REFUSALS = (b"BADIP", b"BADLEN", b"BADFRAG", b"BADCODEC", b"LNAK")


class Tunnel:
    """One client's tunnel through one zone, for all its users."""

    def __init__(self, desk: Desk, peers: Peers) -> None:
        self._desk = desk
        self._peers = peers
        self._up: dict[int, Fragments] = {}
        self._down: dict[int, Fragments] = {}
        self._asked, self._answered = Lately(), Lately()
        self._code: Code = BASE32
        self._lost = 0

    def ask(self, text: bytes, time: float) -> None:
        """Take what stands before the zone in a query, without dots."""
        if text[:1] not in _HEXADECIMAL or len(text) <= _HEAD_BYTES:
            return
        head = BASE32.values(text[1:4])
        if head is None or self._asked.has(text):
            return
        sequence, number = head[0] >> 2, (head[0] & 3) << 2 | head[1] >> 3
        fragments = self._up.setdefault(int(text[:1], 16), Fragments())
        pieces = fragments.take(sequence, number, text[_HEAD_BYTES:], is_last=bool(head[2] & 1))
        if not pieces:
            return
        for code in sorted(CODES, key=lambda code: code is not self._code):
            packet = _packet(code, pieces)
            if packet:
                self._code = code
                self._inject(packet, time)
                return
        self._lost += sum(map(len, pieces))

    def answer(self, text: bytes, message: Message, time: float) -> None:
        """Take the answer to a query for data or to a ping; handshakes are passed over."""
        user = _asking(text)
        data = b"".join(_payload(message)) if user is not None else b""
        if user is None or len(data) <= 2 or data in _REFUSALS or self._answered.has(text + b"." + data):
            return
        fragments = self._down.setdefault(user, Fragments())
        pieces = fragments.take(data[1] >> 5, data[1] >> 1 & 15, data[2:], is_last=bool(data[1] & 1))
        joined = b"".join(pieces)
        packet = ip_packet(inflate(joined) or joined)
        if packet:
            self._inject(packet, time)
        else:
            self._lost += len(joined)

    def lay_down(self, time: float) -> None:
        """Say what could not be read since the last time."""
        lost, self._lost = self._lost, 0
        if lost:
            self._desk.lose(self._peers, channel="iodine", time=time, cause="packets not read", size=lost)

    def _inject(self, packet: bytes, time: float) -> None:
        if not self._desk.inject(packet, time):
            self._lost += len(packet)


class Iodine(Shelf):
    """The tunnels known of, by client and zone."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._tunnels: OrderedDict[tuple[str, Labels], Tunnel] = OrderedDict()
        self._time = 0.0

    def heard(self, ends: tuple[End, End], message: Message, time: float) -> bool:
        """Take a message between who asks and who answers; True when it is a tunnel's."""
        self._time = time
        client, name = ends[0][0], message.name
        for before in range(1, len(name)):
            key = client, tuple(map(bytes.lower, name[before:]))
            tunnel = self._tunnels.get(key)
            if tunnel is not None:
                self._tunnels.move_to_end(key)
                self._tell(tunnel, b"".join(name[:before]), message, time)
                return True
        before = 0 if message.is_answer else _recognised(name)
        if not before:
            return False
        zone = tuple(map(bytes.lower, name[before:]))
        peers = Peers(key=f"iodine/{client}/{b'.'.join(zone).decode('latin-1')}", ends=ends)
        tunnel = self._tunnels[client, zone] = Tunnel(self.desk, peers)
        self._tell(tunnel, b"".join(name[:before]), message, time)
        if len(self._tunnels) > TUNNELS_LIMIT:
            self._tunnels.popitem(last=False)[1].lay_down(time)
        return True

    def flush(self, now: float) -> None:
        """Tunnels are kept: they are few, and lie idle as long as they like."""
        for tunnel in self._tunnels.values():
            tunnel.lay_down(now)

    def finish(self) -> None:
        """Say what was not read."""
        self.flush(self._time)
        self._tunnels.clear()

    def _tell(self, tunnel: Tunnel, text: bytes, message: Message, time: float) -> None:
        if message.is_answer:
            tunnel.answer(text, message, time)
        else:
            tunnel.ask(text, time)


def is_raw(payload: bytes) -> bool:
    """Say whether this is a datagram of the raw protocol: three fixed bytes and a command."""
    return payload[:3] == _RAW and len(payload) > 3 and 1 <= payload[3] >> 4 <= 3


def take_raw(channel: DatagramChannel, payload: bytes, length: int, time: float) -> None:
    """Take one datagram of the raw protocol; those with data carry a whole packet."""
    if not is_raw(payload) or payload[3] >> 4 != _RAW_DATA:
        return
    packet = ip_packet(inflate(payload[4:]) or payload[4:])
    if not packet or not channel.desk.inject(packet, time):
        channel.desk.lose(channel.peers, channel="iodine", time=time, cause="packets not read", size=length)


def _recognised(name: Labels) -> int:
    """How many labels stand before the zone of a tunnel that a query alone gives away, or 0.

    It is the query for the version, or one that holds a whole packet.
    """
    first = name[0] if len(name) > 2 else b""
    if len(first) == 11 and first[:1] in b"vV":
        version = BASE32.decode(first[1:])
        return 1 if version is not None and version[:4] in _VERSIONS else 0
    if len(first) < _HEAD_BYTES + 4 or first[:1] not in _HEXADECIMAL:
        return 0
    starts = [code for code in CODES if code.begins_deflated(first[_HEAD_BYTES : _HEAD_BYTES + 4])]
    for before in range(len(name) - 2, 0, -1) if starts else ():
        text = b"".join(name[:before])[_HEAD_BYTES:]
        if any(_packet(code, [text]) for code in starts):
            return before
    return 0


def _packet(code: Code, pieces: list[bytes]) -> bytes:
    """The IP packet in these fragments, or nothing when they are not in that code."""
    decoded = [code.decode(piece) for piece in pieces]
    if None in decoded:
        return b""
    return ip_packet(inflate(b"".join(filter(None, decoded))) or b"")


def _asking(text: bytes) -> int | None:
    """The user who sends data or a ping."""
    if text[:1] in _HEXADECIMAL and text:
        return int(text[:1], 16)
    if text[:1] in (b"p", b"P"):
        decoded = BASE32.decode(text[1:])
        return decoded[0] & 15 if decoded else None
    return None


def _payload(message: Message) -> Iterator[bytes]:
    """What an answer carries, piece by piece, out of its code."""
    answers = sorted(message.answers, key=lambda record: record.order)
    kind = answers[0].kind if answers else 0
    for record in answers if kind in (MX, SRV) else answers[:1]:
        if kind in (NULL, PRIVATE):
            yield record.data
        elif kind == TXT and record.kind == kind:
            yield _decoded(record.strings)
        elif kind in (CNAME, MX, SRV) and record.kind == kind:
            yield _decoded(b"".join(record.name[:-1]))


def _decoded(text: bytes) -> bytes:
    """Undo the code that the first letter names."""
    letter = text[:1].lower()
    if letter == b"r":
        return text[1:]
    code = DOWN_CODES.get(letter)
    return (code.decode(text[1:]) or b"") if code else b""
