"""What is known of an object while it crosses the wire, whichever way its bytes come together."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Self

from forensics.model import ByteRange, Direction, WireObject

if TYPE_CHECKING:
    from forensics.channels.base import Peers
    from forensics.channels.desk import Desk
    from forensics.content import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Who sends an object and what it is called."""

    peers: Peers
    protocol: str
    sender: int
    direction: Direction
    time: float
    position: int
    name: str = ""
    uri: str = ""
    media_type: str = ""
    encoding: str = ""


@dataclass(eq=False)
class Crossing:
    """One object sent by `sender`; what it is called may be learnt while it is under way.

    The bytes it holds are charged to the desk until it is handed over or dropped.
    """

    desk: Desk
    peers: Peers
    _: KW_ONLY
    protocol: str
    sender: int
    direction: Direction
    time: float
    position: int
    name: str = ""
    uri: str = ""
    media_type: str = ""
    encoding: str = ""
    is_part: bool = False
    """Whether the object is also inside another one that is given."""
    _charged: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Begin with nothing."""

    @classmethod
    def labelled(cls, desk: Desk, label: Label) -> Self:
        """Begin one that is called so."""
        return cls(
            desk,
            label.peers,
            protocol=label.protocol,
            sender=label.sender,
            direction=label.direction,
            time=label.time,
            position=label.position,
            name=label.name,
            uri=label.uri,
            media_type=label.media_type,
            encoding=label.encoding,
        )

    def _charge(self, size: int) -> bool:
        """Ask to hold `size` bytes more."""
        is_granted = self.desk.charge(size)
        self._charged += size if is_granted else 0
        return is_granted

    def _refund(self) -> None:
        """Give back what is held no more."""
        self.desk.refund(self._charged)
        self._charged = 0

    def _give(self, content: Content, missing: tuple[ByteRange, ...]) -> None:
        """Hand it over."""
        self.desk.emit(
            WireObject(
                protocol=self.protocol,
                direction=self.direction,
                name=self.name,
                content=content,
                missing=missing,
                source=self.peers.name(self.sender),
                destination=self.peers.name(1 - self.sender),
                uri=self.uri,
                time=self.time,
                flow=self.peers.key,
                position=self.position,
                media_type=self.media_type,
                encoding=self.encoding,
                is_part=self.is_part,
            )
        )

    def _lose(self, cause: str, size: int) -> None:
        """Say that bytes of it cannot be given."""
        if size:
            self.desk.lose(self.peers, channel=self.protocol, time=self.time, cause=cause, size=size, detail=self.name)
