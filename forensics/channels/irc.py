"""IRC: files offered with DCC SEND, whose bytes come over a connection of their own."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from forensics.channels.base import Channel, Claim, End, Heads, Peers, first_claim
from forensics.channels.cursor import Cursor
from forensics.channels.desk import Desk, Expectation
from forensics.channels.draft import Draft
from forensics.channels.headers import NAME_LIMIT, text
from forensics.model import Direction

LINE_LIMIT_BYTES = 1 << 14
_FROM_CLIENT = re.compile(rb"(?:NICK [^\s]+|CAP (?:LS|REQ|END)|USER \S+ \S+ \S+ :|PASS \S+\r?\nNICK )", re.IGNORECASE)
_FROM_SERVER = re.compile(rb"(?::\S+ (?:NOTICE|\d{3}|PRIVMSG|JOIN|PING|MODE|QUIT|PART|NICK|CAP) |NOTICE AUTH :)")
_OFFER = re.compile(
    rb'PRIVMSG (\S+) :\x01DCC (?:T?SEND|XMIT) (?:"([^"]+)"|(\S+)) (\S+) (\d{1,5})(?: (\d{1,15}))?[^\x01]*\x01',
    re.IGNORECASE,
)


@dataclass(slots=True)
class Offer(Expectation):
    """A file offered; the connection to or from the address given carries it."""

    name: str
    size: int
    uri: str
    direction: Direction
    is_sender_listening: bool = True
    is_taken: bool = False

    def take(self, peers: Peers, listening: int, desk: Desk) -> Channel | None:
        """The connection carries this file once."""
        if self.is_taken:
            return None
        self.is_taken = True
        sender = listening if self.is_sender_listening else 1 - listening
        return DccSend(peers, sender, desk, self)


class DccSend(Channel):
    """A DCC connection: the sender's bytes are the file, the receiver only acknowledges."""

    name = "dcc"

    def __init__(self, peers: Peers, sender: int, desk: Desk, offer: Offer) -> None:
        super().__init__(peers, sender, desk)
        self._offer = offer
        self._sender = sender
        self._draft: Draft | None = None

    @classmethod
    def claims(cls, heads: Heads) -> Claim:
        """Never guessed, only announced."""
        return Claim.NO

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of the file."""
        if side == self._sender:
            self._open(time).write(chunk)

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        if side == self._sender:
            self._open(time).skip(size)

    def closed(self, side: int, time: float) -> None:
        """The file ends with its connection; the offer said how long it is."""
        if side == self._sender and self._draft:
            self._draft.finish(missing_end=max(0, self._offer.size - self._draft.size))

    def _open(self, time: float) -> Draft:
        if self._draft is None:
            self._draft = Draft(
                self.desk,
                self.peers,
                protocol=self.name,
                sender=self._sender,
                direction=self._offer.direction,
                time=time,
                position=0,
                name=self._offer.name,
                uri=self._offer.uri,
            )
        return self._draft


class Irc(Channel):
    """A connection to an IRC server, read for offers either way."""

    name = "irc"
    announces = True

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        super().__init__(peers, client, desk)
        self._lines = (Cursor(), Cursor())

    @classmethod
    def claims(cls, heads: Heads) -> Claim:
        """A client that names itself, or a server's numbered lines."""
        return first_claim((_claim(heads[0], heads[1], 0), _claim(heads[1], heads[0], 1)))

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""
        lines = self._lines[side]
        lines.push(chunk)
        while (line := lines.line()) is not None:
            offer = _OFFER.search(line)
            if offer:
                self._take(side, offer)
        if len(lines) > LINE_LIMIT_BYTES:
            lines.clear()

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        self._lines[side].clear()

    def closed(self, side: int, time: float) -> None:
        """Take note that a side sends no more."""

    def _take(self, side: int, found: re.Match[bytes]) -> None:
        end = _end(found[4], int(found[5]))
        if end is None:
            return
        offer = Offer(
            name=re.split(r"[/\\]", text(found[2] or found[3]))[-1][:NAME_LIMIT],
            size=int(found[6] or 0),
            uri=f"irc://{self.peers.name(1 - self.client)}/{text(found[1])}",
            direction=Direction.UP if side == self.client else Direction.DOWN,
        )
        self.desk.expect(end, offer)


def _end(address: bytes, port: int) -> End | None:
    """The address as DCC writes it: an IPv4 address as one number, or any address in letters; None for port 0."""
    if not 0 < port < 65_536:
        return None
    try:
        if address.isdigit():
            return str(ipaddress.IPv4Address(int(address[:20]))), port
        return str(ipaddress.ip_address(text(address))), port
    except ValueError:
        return None


def _claim(mine: bytes, theirs: bytes, side: int) -> Claim:
    """What side `side` being the client looks like."""
    if _FROM_CLIENT.match(mine) or _FROM_SERVER.match(theirs):
        return Claim.by(side)
    if mine[:5].upper() in (b"PASS ", b"USER ") and len(mine) < 512 and not theirs[:1].isdigit():
        return Claim.MAYBE
    if (theirs[:1] == b":" and len(theirs) < 256) or (len(mine) < 5 and b"NICK ".startswith(mine)):
        return Claim.MAYBE
    return Claim.NO
