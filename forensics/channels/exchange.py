"""All conversations of a network: opens them, and brings announced connections to those who announced them."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterable

import forensics.channels
from forensics.channels.base import Channel, End, Peers
from forensics.channels.conversation import Conversation
from forensics.channels.datagrams import DatagramChannel, Pair
from forensics.channels.desk import OBJECT_LIMIT_BYTES, OPEN_LIMIT_BYTES, Desk, Expectation, Keys, Listens
from forensics.channels.http2 import Http2
from forensics.channels.neighbours import Neighbours
from forensics.channels.tls import Tls
from forensics.channels.websocket import WebSocket
from forensics.model import Direction, Gap, Seen
from forensics.plugins import discover

EXPECTED_LIMIT = 4096
UNCLAIMED_LIMIT = 1024
UNCLAIMED_BYTES = 32 << 20
UNCLAIMED_BETWEEN = 32
"""New conversations between two looks at how much the unclaimed ones hold."""
GRACE_S = 2.0
"""How long a connection that ended is kept for an announcement that the tap may show later."""
TUNNEL_DEPTH = 4


def channel_kinds() -> list[type[Channel]]:
    """Every channel in the folder."""
    return discover(forensics.channels, Channel)  # type: ignore[type-abstract]


class Exchange:
    """Opens a conversation for each connection and collects what they find; the other side of the streams' seam."""

    def __init__(
        self,
        *,
        object_limit: int = OBJECT_LIMIT_BYTES,
        open_limit: int = OPEN_LIMIT_BYTES,
        keys: Keys = lambda _random: None,
        wanted: Collection[Direction] = tuple(Direction),
        has_stretches: bool = False,
        on_open: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_open` is told of every connection that begins."""
        self._kinds = channel_kinds()
        self._on_open = on_open
        self._desk = Desk(
            object_limit=object_limit,
            open_limit=open_limit,
            announce=self._announce,
            converse=self._converse,
            keys=keys,
            wanted=wanted,
            has_stretches=has_stretches,
        )
        self._datagram_kinds = discover(forensics.channels, DatagramChannel)  # type: ignore[type-abstract]
        self._expected: OrderedDict[tuple[str, End], Expectation] = OrderedDict()
        self._unclaimed: OrderedDict[str, Conversation | Pair] = OrderedDict()
        self._opened = 0
        self._kept: deque[tuple[float, Conversation]] = deque()
        self._neighbours = Neighbours()

    def open(self, key: str, ends: tuple[End, End], time: float) -> Conversation:
        """The listener of a new connection; the channel that announced one of its ends gets it."""
        self._on_open()
        peers = Peers(key=key, ends=ends)
        conversation = Conversation(peers, self._desk, self._kinds, time, keep=self._keep)
        self._announced(conversation)
        self._neighbours.add(conversation)
        return conversation

    def hear(self, key: str, ends: tuple[End, End], time: float) -> Pair:
        """Who listens to new datagrams between two ends."""
        pair = Pair(Peers(key=key, ends=ends), self._desk, self._datagram_kinds, time)
        self._announced(pair)
        return pair

    def flush(self, now: float) -> None:
        """Let go of what has been idle since long before `now`."""
        while self._kept and now - self._kept[0][0] > GRACE_S:
            self._kept.popleft()[1].forget()
        self._desk.flush(now)

    def finish(self) -> None:
        """Nothing more comes."""
        while self._kept:
            self._kept.popleft()[1].forget()
        self._desk.finish()

    def injected(self) -> list[tuple[bytes, float]]:
        """The IP packets that tunnels carried since the last time, each with its time."""
        return self._desk.injected()

    def take(self) -> Iterable[Seen | Gap]:
        """What was found since the last time."""
        return self._desk.take()

    def _announced(self, talk: Conversation | Pair) -> None:
        """Give a new conversation to the channel that announced one of its ends, or keep it for a late one."""
        for listening in (1, 0):
            at = talk.transport, talk.peers.ends[listening]
            expectation = self._expected.get(at)
            if expectation and self._adopt(talk, expectation, listening):
                del self._expected[at]
                return
        self._unclaimed[talk.peers.key] = talk
        self._trim()

    def _announce(self, end: End, expectation: Expectation) -> None:
        for key, talk in reversed(self._unclaimed.items()):
            if end not in talk.peers.ends or talk.transport != expectation.transport or not talk.can_be_adopted:
                continue
            if self._adopt(talk, expectation, talk.peers.ends.index(end)):
                del self._unclaimed[key]
                return
        at = expectation.transport, end
        self._expected[at] = expectation
        self._expected.move_to_end(at)
        if len(self._expected) > EXPECTED_LIMIT:
            self._expected.popitem(last=False)

    def _adopt(self, talk: Conversation | Pair, expectation: Expectation, listening: int) -> bool:
        channel = expectation.take(talk.peers, listening, self._desk)
        if channel is not None:
            talk.adopt(channel)  # type: ignore[arg-type]  # an expectation of a transport gives channels of it
        return channel is not None

    def _converse(self, peers: Peers, protocol: str, client: int, uri: str) -> Listens | None:
        """A conversation inside another; the key tells how deep."""
        if peers.key.count("/tunnel") > TUNNEL_DEPTH:
            return None
        if protocol == Tls.name:
            sealed = Conversation(peers, self._desk, self._kinds, transport=Tls.name, keep=self._keep)
            self._announced(sealed)
            self._neighbours.add(sealed)
            return sealed
        conversation = Conversation(peers, self._desk, self._kinds)
        self._neighbours.add(conversation)
        if protocol == WebSocket.name:
            conversation.adopt(WebSocket(peers, client, self._desk, uri))
        elif protocol == "h2c":
            conversation.adopt(Http2(peers, client, self._desk, uri))
        return conversation

    def _keep(self, talk: Conversation, time: float) -> bool:
        """Keep a conversation that ends for a while, if there is one near that may yet announce it."""
        is_kept = self._neighbours.may_announce(talk)
        if is_kept:
            self._kept.append((time, talk))
        return is_kept

    def _trim(self) -> None:
        """Keep unclaimed conversations within bounds, letting go of claimed ones first and then the oldest."""
        self._opened += 1
        if self._opened % UNCLAIMED_BETWEEN:
            return
        waiting = [(key, talk) for key, talk in self._unclaimed.items() if talk.can_be_adopted]
        held = sum(talk.held_bytes for _, talk in waiting)
        while waiting and (len(waiting) > UNCLAIMED_LIMIT or held > UNCLAIMED_BYTES):
            _, talk = waiting.pop(0)
            held -= talk.held_bytes
            talk.forget()
        self._unclaimed = OrderedDict(waiting)
