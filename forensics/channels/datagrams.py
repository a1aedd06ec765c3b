"""What two ends send each other in datagrams: held until a channel claims it, then told on to that channel."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from forensics.channels.base import Claim, Peers, opaque
from forensics.channels.desk import Desk, Hears

HELD_DATAGRAMS = 16
"""Datagrams that no channel has claimed after which the pair is of no interest any more."""
HELD_BYTES = 1 << 16
OPAQUE_BYTES = 4096
"""What two ends say in datagrams that no channel knows is told of from this size on."""

Held = tuple[int, bytes, int, float]
"""Side, payload, its length on the wire and time."""


class DatagramChannel(Hears):
    """One protocol's datagrams between two ends, as Channel is for streams. `client` is the side that asked first."""

    name: ClassVar[str]

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        self.peers = peers
        self.client = client
        self.desk = desk

    @classmethod
    @abstractmethod
    def claims(cls, held: Sequence[tuple[int, bytes]], transport: str) -> Claim:
        """Say of the first datagrams, with their sides, whether this protocol is spoken; never from ports.

        `transport` is `udp` or `icmp`. What some channel is led up to by is not among them.
        """

    @classmethod
    def is_lead(cls, datagram: bytes) -> bool:
        """Say whether a datagram only leads up to this protocol, such as what finds a call its way; however many do.

        It is told to the channel that claims the pair, and to no other.
        """
        return False


class Pair(Hears):
    """Guesses the channel from the first datagrams; until then it holds them, within bounds."""

    transport: ClassVar[str] = "udp"

    def __init__(self, peers: Peers, desk: Desk, kinds: Sequence[type[DatagramChannel]], time: float) -> None:
        self.peers = peers
        self.time = time
        self._desk = desk
        self._kinds = kinds
        self._open = list(kinds)
        self._held: list[Held] = []
        self._heads: list[tuple[int, bytes]] = []
        self._held_bytes = 0
        self._is_forgotten = False
        self._channel: Hears | None = None

    @property
    def is_interested(self) -> bool:
        """Say whether later datagrams matter."""
        return self._channel.is_interested if self._channel else not self._is_forgotten

    @property
    def can_be_adopted(self) -> bool:
        """Say whether an announcement that came late can still have every datagram."""
        return not self._is_forgotten and (self._channel is None or self._channel.is_guess)

    @property
    def held_bytes(self) -> int:
        """Bytes held for a late claim."""
        return self._held_bytes

    def forget(self) -> None:
        """Hold nothing any more; it cannot be adopted afterwards."""
        self._is_forgotten = True
        self._let_go()

    def adopt(self, channel: Hears) -> None:
        """Give the pair to who hears it, and tell all that came before; who only guessed loses it."""
        self._channel = channel
        for each in self._held if channel.is_guess else self._let_go():
            channel.datagram(*each)

    def datagram(self, side: int, payload: bytes, length: int, time: float) -> None:
        """Take one datagram of a side."""
        if self._channel:
            self._channel.datagram(side, payload, length, time)
        if not self.can_be_adopted:
            return
        self._held.append((side, payload, length, time))
        self._held_bytes += len(payload)
        if self._channel:
            if len(self._held) >= HELD_DATAGRAMS or self._held_bytes > HELD_BYTES:
                self.forget()
        elif self._is_lead(payload):
            self._let_go_of_lead()
        else:
            self._heads.append((side, payload))
            self._guess()
        if self._channel is None and (len(self._heads) >= HELD_DATAGRAMS or self._held_bytes > HELD_BYTES):
            self.forget()

    def over(self, time: float) -> None:
        """Nothing was heard for long, or nothing more comes."""
        if self._channel:
            self._channel.over(time)
            self.forget()

    def counted(self, up: int, down: int, time: float) -> None:
        """Take note, at the very end, of how many payload bytes side 0 and side 1 sent."""
        if self._channel:
            self._channel.counted(up, down, time)
        elif up + down >= OPAQUE_BYTES:
            self._desk.emit(opaque(self.peers, self.time, time, up=up, down=down))

    def _let_go(self) -> list[Held]:
        held, self._held, self._held_bytes, self._heads = self._held, [], 0, []
        return held

    def _is_lead(self, payload: bytes) -> bool:
        return any(kind.is_lead(payload) for kind in self._kinds)

    def _let_go_of_lead(self) -> None:
        """Hold only the last of those that lead up to something."""
        if len(self._held) - len(self._heads) > HELD_DATAGRAMS:
            oldest = next(each for each in self._held if self._is_lead(each[1]))
            self._held.remove(oldest)
            self._held_bytes -= len(oldest[1])

    def _guess(self) -> None:
        transport = self.peers.key.partition("/")[0]
        still: list[type[DatagramChannel]] = []
        for kind in self._open:
            claim = kind.claims(self._heads, transport)
            if claim is Claim.MAYBE:
                still.append(kind)
            elif claim is not Claim.NO:
                self.adopt(kind(self.peers, claim.value, self._desk))
                return
        self._open = still
