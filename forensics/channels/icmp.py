"""ICMP echoes as a way out: told by payloads that are new in every packet, and given as they are, joined.

A ping carries a time stamp in its first 16 bytes and the same filling every time. What counts are payloads whose
filling was not seen before between two machines, and how little of it deflate can take away: from
`CARRIED_BYTES` deflated within `WINDOW_S`, in at least `PACKETS` of them, that are a quarter or more of what there was,
it is a tunnel. So payloads of up to 16 bytes are never told from time stamps. Fillings that pings are known for (a
ramp, the alphabet) count nothing. Answers are an echo: those that repeat no request are the way back.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict, deque
from collections.abc import Sequence

from forensics.channels.base import Claim, End, Peers
from forensics.channels.datagrams import DatagramChannel
from forensics.channels.desk import Desk, Shelf
from forensics.channels.draft import Draft
from forensics.channels.ptunnel import Ptunnel, is_ptunnel
from forensics.model import Direction

WINDOW_S = 3600.0
IDLE_S = 120.0
"""What a tunnel has carried is laid down when nothing came for this long."""
SPAN_S = 3600.0
"""What it has carried is laid down at least this often, and after `CONTENT_BYTES`."""
CONTENT_BYTES = 256 << 20
STAMP_BYTES = 16
CARRIED_BYTES = 512
PACKETS = 4
DENSITY = 0.25
HELD_BYTES = 1 << 16
PAIRS_LIMIT = 1024
REMEMBERED = 256
_BATCH_BYTES = 1024
_QUIET = 64
"""Payloads with nothing new, one after the other, after which what is held is forgotten."""
_RAMP = bytes(range(256)) * 258
_ALPHABET = b"abcdefghijklmnopqrstuvw" * 2850


class Remembered:
    """The last few of what was seen, by hash."""

    def __init__(self) -> None:
        self._seen: OrderedDict[int, None] = OrderedDict()

    def knows(self, what: bytes) -> bool:
        """Say whether it was seen before, and remember it."""
        key = hash(what)
        is_known = key in self._seen
        self._seen[key] = None
        self._seen.move_to_end(key)
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return is_known


class Stream:
    """The payloads that one machine sends another in echoes."""

    def __init__(self, desk: Desk, peers: Peers, sender: int) -> None:
        self._desk = desk
        self._peers = peers
        self._sender = sender
        self._tails = Remembered()
        self._held: deque[tuple[float, bytes, int]] = deque()
        self._held_bytes = 0
        self._draft: Draft | None = None
        self._given = 0
        self._is_tunnel = False
        self._quiet = 0
        self._batch: list[bytes] = []
        self._batched = 0
        self._since = -WINDOW_S
        self._packets = self._filled = self._carried = 0
        self.time = 0.0

    def take(self, payload: bytes, cut: int, time: float) -> None:
        """Take a payload, of which `cut` bytes were not captured."""
        self.time = time
        if not self._is_tunnel and time - self._since > WINDOW_S:
            self._since = time
            self._packets = self._filled = self._carried = 0
        tail = payload[STAMP_BYTES:]
        if _is_usual(payload):
            return
        if tail and not self._tails.knows(tail):
            self._quiet = 0
            self._packets += 1
            self._batch.append(tail)
            self._batched += len(tail)
        else:
            self._quiet += 1
        self._keep(payload, cut, time)
        if self._batched >= _BATCH_BYTES:
            self._weigh()

    def flush(self, now: float) -> None:
        """Lay down what came before a pause, and at times what came at all."""
        if now - self.time > IDLE_S or (self._draft is not None and now - self._draft.time > SPAN_S):
            self.lay_down()

    def lay_down(self) -> None:
        """Give what was carried since the last time."""
        self._weigh()
        draft, self._draft = self._draft, None
        if draft is not None:
            self._given += draft.size
            draft.finish()

    def _weigh(self) -> None:
        """Deflate what is new and see whether it has become too much."""
        if self._batched:
            self._filled += self._batched
            self._carried += len(zlib.compress(b"".join(self._batch), 6))
            self._batch, self._batched = [], 0
        is_dense = self._carried >= CARRIED_BYTES and self._carried >= DENSITY * self._filled
        if not self._is_tunnel and is_dense and self._packets >= PACKETS:
            self._is_tunnel = True
            held, self._held, self._held_bytes = self._held, deque(), 0
            for time, payload, cut in held:
                self._write(payload, cut, time)

    def _keep(self, payload: bytes, cut: int, time: float) -> None:
        if self._is_tunnel:
            self._write(payload, cut, time)
            return
        if self._quiet > _QUIET:
            self._held.clear()
            self._held_bytes = 0
            return
        self._held.append((time, payload, cut))
        self._held_bytes += len(payload)
        while self._held_bytes > HELD_BYTES and len(self._held) > 1:
            self._held_bytes -= len(self._held.popleft()[1])

    def _write(self, payload: bytes, cut: int, time: float) -> None:
        if self._draft is None:
            self._draft = Draft(
                self._desk,
                self._peers,
                protocol="icmp-tunnel",
                sender=self._sender,
                direction=Direction.DOWN if self._sender else Direction.UP,
                time=time,
                position=self._given,
                name=self._peers.ends[1][0],
                uri=f"icmp-tunnel://{self._peers.ends[1][0]}",
            )
        self._draft.write(payload)
        self._draft.skip(cut)
        if self._draft.size > CONTENT_BYTES:
            self.lay_down()


class Echoes(Shelf):
    """All machines that send each other echoes, whatever the identifiers; the pair silent longest makes room."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._pairs: OrderedDict[tuple[str, str], tuple[Stream, Stream, Remembered]] = OrderedDict()

    def heard(self, ends: tuple[End, End], side: int, payload: bytes, cut: int, time: float) -> None:
        """Take an echo between who asks and who answers; `side` 1 is an answer."""
        key = ends[0][0], ends[1][0]
        known = self._pairs.get(key)
        if known is None:
            peers = Peers(key=f"icmp-tunnel/{key[0]}>{key[1]}@{time:.6f}", ends=ends)
            known = Stream(self.desk, peers, 0), Stream(self.desk, peers, 1), Remembered()
            self._pairs[key] = known
            if len(self._pairs) > PAIRS_LIMIT:
                _, (up, down, _) = self._pairs.popitem(last=False)
                up.lay_down()
                down.lay_down()
        self._pairs.move_to_end(key)
        up, down, asked = known
        if side == 0:
            asked.knows(payload)
            up.take(payload, cut, time)
        elif not asked.knows(payload):
            down.take(payload, cut, time)

    def flush(self, now: float) -> None:
        """Lay down what tunnels carried before a pause; forget pairs that were silent for long."""
        for key, (up, down, _) in list(self._pairs.items()):
            up.flush(now)
            down.flush(now)
            if now - max(up.time, down.time) > WINDOW_S:
                del self._pairs[key]

    def finish(self) -> None:
        """Nothing more comes."""
        for up, down, _ in self._pairs.values():
            up.lay_down()
            down.lay_down()
        self._pairs.clear()


class Icmp(DatagramChannel):
    """The echoes with one identifier between two machines."""

    name = "icmp"

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        super().__init__(peers, client, desk)
        self._ends = peers.ends[client], peers.ends[1 - client]
        self._ptunnel: Ptunnel | None = None

    @classmethod
    def claims(cls, held: Sequence[tuple[int, bytes]], transport: str) -> Claim:
        """Every echo; who sends the first one asks."""
        return Claim.by(held[0][0]) if transport == "icmp" else Claim.NO

    def datagram(self, side: int, payload: bytes, length: int, time: float) -> None:
        """Take one echo."""
        if is_ptunnel(payload):
            self._ptunnel = self._ptunnel or Ptunnel(self.desk, self._ends)
            self._ptunnel.take(payload, time)
        cut = max(0, length - len(payload))
        self.desk.shelf(Echoes).heard(self._ends, int(side != self.client), payload, cut, time)

    def over(self, time: float) -> None:
        """What is between two machines outlives identifiers."""
        if self._ptunnel:
            self._ptunnel.over(time)


def _is_usual(payload: bytes) -> bool:
    """Say whether this is what pings fill packets with: a ramp behind the time stamp, or the alphabet."""
    if payload in (_ALPHABET[: len(payload)], _RAMP[: len(payload)]):
        return True
    for stamp in (8, 16, 24):
        tail = payload[stamp:]
        if len(tail) >= 8 and tail == _RAMP[tail[0] : tail[0] + len(tail)]:
            return True
    return False
