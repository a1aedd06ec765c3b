"""All conversations of a network: opens them, and brings announced connections to those who announced them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

import forensics.channels
from forensics.channels.base import Channel, End, Peers
from forensics.channels.conversation import Conversation
from forensics.channels.datagrams import Datagrams
from forensics.channels.desk import OBJECT_LIMIT_BYTES, OPEN_LIMIT_BYTES, Desk, Expectation, Listens
from forensics.channels.websocket import WebSocket
from forensics.model import Gap, WireObject
from forensics.plugins import discover

EXPECTED_LIMIT = 4096
UNCLAIMED_LIMIT = 1024
UNCLAIMED_BYTES = 32 << 20
TUNNEL_DEPTH = 4


def channel_kinds() -> list[type[Channel]]:
    """Every channel in the folder."""
    return discover(forensics.channels, Channel)  # type: ignore[type-abstract]


class Exchange:
    """Opens a conversation for each connection and collects what they find; `open` fits the stream table's opener."""

    def __init__(self, *, object_limit: int = OBJECT_LIMIT_BYTES, open_limit: int = OPEN_LIMIT_BYTES) -> None:
        self._kinds = channel_kinds()
        self._desk = Desk(
            object_limit=object_limit, open_limit=open_limit, announce=self._announce, converse=self._converse
        )
        self._datagrams = Datagrams(self._desk)
        self._expected: OrderedDict[End, Expectation] = OrderedDict()
        self._unclaimed: OrderedDict[str, Conversation] = OrderedDict()

    def open(self, key: str, ends: tuple[End, End], time: float) -> Conversation:
        """The listener of a new connection; the channel that announced one of its ends gets it."""
        peers = Peers(key=key, ends=ends)
        conversation = Conversation(peers, self._desk, self._kinds)
        channel = self._announced(peers)
        if channel:
            conversation.adopt(channel)
        else:
            self._unclaimed[key] = conversation
            self._trim()
        return conversation

    def datagram(self, ends: tuple[End, End], payload: bytes, length: int, time: float) -> None:
        """Take one UDP datagram from the first end to the second; `length` counts its bytes on the wire."""
        self._datagrams.take(ends, payload, length, time)

    def flush(self, now: float) -> None:
        """Let go of what has been idle since long before `now`."""
        self._datagrams.flush(now)

    def finish(self) -> None:
        """Nothing more comes."""
        self._datagrams.finish()

    def take(self) -> Iterable[WireObject | Gap]:
        """What was found since the last time."""
        return self._desk.take()

    def _announced(self, peers: Peers) -> Channel | None:
        for listening in (1, 0):
            expectation = self._expected.get(peers.ends[listening])
            channel = expectation.take(peers, listening, self._desk) if expectation else None
            if channel:
                del self._expected[peers.ends[listening]]
                return channel
        return None

    def _announce(self, end: End, expectation: Expectation) -> None:
        for key, conversation in reversed(self._unclaimed.items()):
            if end not in conversation.peers.ends or not conversation.can_be_adopted:
                continue
            channel = expectation.take(conversation.peers, conversation.peers.ends.index(end), self._desk)
            if channel:
                del self._unclaimed[key]
                conversation.adopt(channel)
                return
        self._expected[end] = expectation
        self._expected.move_to_end(end)
        if len(self._expected) > EXPECTED_LIMIT:
            self._expected.popitem(last=False)

    def _converse(self, peers: Peers, protocol: str, client: int, uri: str) -> Listens | None:
        """A conversation inside another; the key tells how deep."""
        if peers.key.count("/tunnel") > TUNNEL_DEPTH or protocol == "h2c":
            return None
        conversation = Conversation(peers, self._desk, self._kinds)
        if protocol == WebSocket.name:
            conversation.adopt(WebSocket(peers, client, self._desk, uri))
        return conversation

    def _trim(self) -> None:
        """Keep unclaimed conversations within bounds, letting go of claimed ones first and then the oldest."""
        if len(self._unclaimed) < UNCLAIMED_LIMIT:
            return
        waiting = [(key, talk) for key, talk in self._unclaimed.items() if talk.can_be_adopted]
        held = sum(talk.held_bytes for _, talk in waiting)
        while waiting and (len(waiting) > UNCLAIMED_LIMIT // 2 or held > UNCLAIMED_BYTES):
            _, talk = waiting.pop(0)
            held -= talk.held_bytes
            talk.forget()
        self._unclaimed = OrderedDict(waiting)
