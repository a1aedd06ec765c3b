"""What every network channel is: a state machine that takes a conversation's bytes and gives objects, no I/O."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from forensics.channels.desk import Listens
from forensics.model import Opaque

if TYPE_CHECKING:
    from forensics.channels.desk import Desk

End = tuple[str, int]
"""Address and port."""


class Claim(Enum):
    """What a channel says of the first bytes of a conversation."""

    NO = "no"
    MAYBE = "maybe"
    SIDE_0_IS_CLIENT = 0
    SIDE_1_IS_CLIENT = 1

    @classmethod
    def by(cls, client: int) -> Claim:
        """The claim that names side 0 or 1 as the client."""
        return cls.SIDE_1_IS_CLIENT if client else cls.SIDE_0_IS_CLIENT


_MOST_STRETCHES = 63

Heads = tuple[bytes, bytes]
"""The first bytes of side 0 and side 1, as far as they have arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """Who talks: the connection's stable key and both ends, by side; `is_sealed` is whether it is inside TLS."""

    key: str
    ends: tuple[End, End]
    is_sealed: bool = False

    def name(self, side: int) -> str:
        """`address:port` of a side, IPv6 in brackets."""
        address, port = self.ends[side]
        return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def opaque(
    peers: Peers,
    start: float,
    end: float,
    *,
    up: int,
    down: int,
    protocol: str = "",
    name: str = "",
    facts: Mapping[str, str] | None = None,
) -> Opaque:
    """A connection that was not read, told of by its two ends."""
    return Opaque(
        protocol=protocol,
        source=peers.name(0),
        destination=peers.name(1),
        name=name,
        start=start,
        end=end,
        up=up,
        down=down,
        flow=peers.key,
        facts=facts or {},
    )


class Stretches:
    """What a connection's sides sent without a pause, kept until it is sure that nobody reads it."""

    def __init__(self) -> None:
        self._kept: list[tuple[int, int, float, float]] = []

    def add(self, side: int, size: int, began: float, ended: float) -> None:
        """Keep one; of very many only the last."""
        self._kept = [*self._kept[-_MOST_STRETCHES:], (side, size, began, ended)]

    def tell(self, desk: Desk, peers: Peers, *, protocol: str, name: str, facts: Mapping[str, str]) -> None:
        """Lay them down as parts of a connection that was not read, if anybody asks for them."""
        kept, self._kept = self._kept, []
        for side, size, began, ended in kept if desk.has_stretches else ():
            up, down = (0, size) if side else (size, 0)
            whole = opaque(peers, began, ended, up=up, down=down, protocol=protocol, name=name, facts=facts)
            desk.emit(replace(whole, is_stretch=True))


class Channel(Listens):
    """One protocol's conversation. Chunks of any size, holes and closings in; objects go to the desk.

    Once it says that it is not interested it gets no more bytes. Nothing it is fed may make it raise, grow without
    bound or give a false object for lack of bytes.
    """

    name: ClassVar[str]

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        self.peers = peers
        self.client = client
        self.desk = desk

    @classmethod
    @abstractmethod
    def claims(cls, heads: Heads) -> Claim:
        """Say from the first bytes whether this protocol is spoken and by which client; never from ports."""


def first_claim(claims: tuple[Claim, Claim]) -> Claim:
    """Join what was said of each side as the client: the first that says yes, else maybe, else no."""
    for claim in claims:
        if claim in (Claim.SIDE_0_IS_CLIENT, Claim.SIDE_1_IS_CLIENT):
            return claim
    return Claim.MAYBE if Claim.MAYBE in claims else Claim.NO
