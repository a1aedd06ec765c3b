"""Where channels lay down what they found, and the bounds they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, ClassVar, TypeVar

from forensics.model import Direction, Gap, Seen, WireObject

if TYPE_CHECKING:
    from forensics.channels.base import End, Peers

Converse = Callable[["Peers", str, int, str], "Listens | None"]
Secrets = Mapping[str, bytes]
"""Secrets of one TLS connection by the label they have in a key log (NSS's format)."""
Keys = Callable[[bytes], "Secrets | None"]
"""Looks a connection's secrets up by its client's random; None where none is known and none can come."""

OBJECT_LIMIT_BYTES = 2 << 30
OPEN_LIMIT_BYTES = 3 << 30
"""Bytes all unfinished objects may hold together."""
INJECTED_LIMIT_BYTES = 32 << 20
"""Bytes of IP packets out of tunnels that may wait to be read."""


class Expectation(ABC):
    """A connection another one has announced: FTP data, a DCC transfer, a call's voice.

    `transport` is tcp or udp, or tls for what is inside a connection of TLS.
    """

    transport: ClassVar[str] = "tcp"

    @abstractmethod
    def take(self, peers: Peers, listening: int, desk: Desk) -> Listens | Hears | None:
        """Who takes the connection that came, whose side `listening` has the announced end; None: not it."""


class Listens(ABC):
    """Something conversations can be handed to."""

    is_guess: ClassVar[bool] = False
    """Whether it goes by what any file may begin with, so that an announcement that comes late is to be believed."""
    announces: ClassVar[bool] = False
    """Whether it may announce connections between its two ends, or of one of them."""

    @abstractmethod
    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""

    @abstractmethod
    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""

    @abstractmethod
    def closed(self, side: int, time: float) -> None:
        """Take note that a side sends no more."""

    @property
    def is_interested(self) -> bool:
        """Say whether more bytes matter."""
        return True

    def paused(self, side: int, size: int, began: float, ended: float) -> None:  # noqa: B027 - what is read need not
        """Take note that a side paused after `size` bytes without a pause, Unix seconds in capture time."""

    def counted(self, up: int, down: int, time: float) -> None:  # noqa: B027 - most need not know
        """Take note, at the very end, of how many payload bytes side 0 and side 1 sent."""


class Hears(ABC):
    """Something datagrams between two ends can be handed to, as Listens is for streams."""

    is_guess: ClassVar[bool] = False
    """Whether it goes by what the datagrams look like, so that an announcement that comes late is to be believed."""

    @abstractmethod
    def datagram(self, side: int, payload: bytes, length: int, time: float) -> None:
        """Take one datagram; `length` counts its bytes on the wire."""

    @abstractmethod
    def over(self, time: float) -> None:
        """Nothing was heard for long, or nothing more comes."""

    @property
    def is_interested(self) -> bool:
        """Say whether later datagrams matter."""
        return True

    def counted(self, up: int, down: int, time: float) -> None:  # noqa: B027 - most need not know
        """Take note, at the very end, of how many payload bytes side 0 and side 1 sent."""


class Shelf(ABC):
    """What conversations of one kind know together, such as all names asked of a zone: one instance a network."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @abstractmethod
    def flush(self, now: float) -> None:
        """Let go of what has been idle since long before `now`, Unix seconds in capture time."""

    @abstractmethod
    def finish(self) -> None:
        """Nothing more comes."""


S = TypeVar("S", bound=Shelf)


class Desk:
    """Collects objects and gaps, holds the shared bounds, passes announcements and inner conversations on."""

    def __init__(
        self,
        *,
        object_limit: int = OBJECT_LIMIT_BYTES,
        open_limit: int = OPEN_LIMIT_BYTES,
        announce: Callable[[End, Expectation], None] = lambda _end, _expectation: None,
        converse: Converse | None = None,
        wanted: Collection[Direction] = tuple(Direction),
        keys: Keys = lambda _random: None,
        has_stretches: bool = False,
    ) -> None:
        self.object_limit = object_limit
        self.has_stretches = has_stretches
        """Whether stretches of what cannot be read are told of too."""
        self.wanted = wanted
        """Objects that go another way are not kept."""
        self._allowance = open_limit
        self._announce = announce
        self._converse = converse
        self._keys = keys
        self._found: list[Seen | Gap] = []
        self._shelves: dict[type[Shelf], Shelf] = {}
        self._injected: list[tuple[bytes, float]] = []
        self._injected_bytes = 0

    def emit(self, found: Seen) -> None:
        """Lay down a finished object, or a connection that was not read."""
        if isinstance(found, WireObject) and found.direction not in self.wanted:
            return
        self._found.append(found)

    def lose(self, peers: Peers, *, channel: str, time: float, cause: str, size: int, detail: str = "") -> None:
        """Lay down a Gap: something that was there could not be seen."""
        where = f"{peers.name(0)} > {peers.name(1)}"
        self._found.append(
            Gap(
                sensor="wire",
                channel=channel,
                start=time,
                end=time,
                cause=cause,
                size=size,
                detail=f"{where} {detail}".rstrip(),
            )
        )

    def take(self) -> list[Seen | Gap]:
        """What was laid down since the last time."""
        found, self._found = self._found, []
        return found

    def charge(self, size: int) -> bool:
        """Ask to hold `size` more bytes of unfinished objects; False when that is too much."""
        if size > self._allowance:
            return False
        self._allowance -= size
        return True

    def refund(self, size: int) -> None:
        """Give bytes back that are held no more."""
        self._allowance += size

    def expect(self, end: End, expectation: Expectation) -> None:
        """Announce that a connection with `end` as one of its ends belongs to `expectation`."""
        self._announce(end, expectation)

    def converse(self, peers: Peers, *, protocol: str = "", client: int = 0, uri: str = "") -> Listens | None:
        """A new conversation inside this one (a tunnel, an upgrade).

        It is guessed afresh unless `protocol` names it; tls says that it was sealed, and is guessed. None where
        tunnels nest no deeper or the protocol is not one that is read.
        """
        return self._converse(peers, protocol, client, uri) if self._converse else None

    def secrets(self, random: bytes) -> Secrets | None:
        """What is known of a TLS connection's secrets by now; None where there is no key log that could tell."""
        return self._keys(random)

    def shelf(self, kind: type[S]) -> S:
        """The one `kind` of this network, made when it is first asked for."""
        known = self._shelves.get(kind)
        if known is None:
            known = self._shelves[kind] = kind(self)
        assert isinstance(known, kind)
        return known

    def flush(self, now: float) -> None:
        """Let every shelf go of what has been idle since long before `now`."""
        for shelf in list(self._shelves.values()):
            shelf.flush(now)

    def finish(self) -> None:
        """Tell every shelf that nothing more comes."""
        for shelf in list(self._shelves.values()):
            shelf.finish()

    def inject(self, packet: bytes, time: float) -> bool:
        """Hand over an IP packet that a tunnel carried, to be read like one off the wire; False when too many wait."""
        if self._injected_bytes + len(packet) > INJECTED_LIMIT_BYTES:
            return False
        self._injected_bytes += len(packet)
        self._injected.append((packet, time))
        return True

    def injected(self) -> list[tuple[bytes, float]]:
        """The IP packets handed over since the last time, each with its time."""
        found, self._injected, self._injected_bytes = self._injected, [], 0
        return found
