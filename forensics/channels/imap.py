"""IMAP (RFC 9051): messages appended to a mailbox and messages fetched from one."""

from __future__ import annotations

import re

from forensics.channels.base import Channel, Claim, Heads, Peers, first_claim
from forensics.channels.cursor import Cursor
from forensics.channels.desk import Desk
from forensics.channels.headers import text
from forensics.channels.message import MessageObjects
from forensics.channels.tunnel import Upgrade
from forensics.model import Direction

LINE_LIMIT_BYTES = 1 << 16
LITERAL_LIMIT = 1 << 40
_LITERAL = re.compile(rb"~?\{(\d{1,13})\+?\}\r?\n\Z")
_APPEND = re.compile(rb"\S+ (?:UID )?(?:APPEND|REPLACE \d+) +(\"(?:[^\"\\]|\\.)*\"|[^\s({]+)", re.IGNORECASE)
_WHOLE = re.compile(rb"(?:RFC822|BODY\[\]|BINARY\[\])(?:<\d+>)? ~?\{\d+\}\r?\n\Z", re.IGNORECASE)
_CLIENT = re.compile(
    rb"[A-Za-z0-9.]{1,32} (?:CAPABILITY|LOGIN|AUTHENTICATE|SELECT|EXAMINE|NOOP|STARTTLS|ID|LIST|APPEND|UID|FETCH|"
    rb"STATUS|NAMESPACE|ENABLE|IDLE|LOGOUT)[ \r\n]",
    re.IGNORECASE,
)
_SERVER = re.compile(rb"\* (?:OK|PREAUTH|CAPABILITY|BYE)[ \r\n]", re.IGNORECASE)


class _Side:
    """One side's lines and literals."""

    def __init__(self, channel: Imap, side: int, upgrade: Upgrade) -> None:
        self._channel = channel
        self._upgrade = upgrade
        self._side = side
        self._cursor = Cursor()
        self._command = b""
        self._left = 0
        self._message: MessageObjects | None = None

    def data(self, chunk: bytes, time: float) -> None:
        self._cursor.push(chunk)
        while len(self._cursor):
            if self._left:
                self._take_literal()
            elif not self._take_line(time):
                return

    def hole(self, size: int) -> None:
        self._cursor.clear()
        self._cursor.skip(size)
        inside = min(size, self._left)
        if self._message:
            self._message.skip(inside)
        self._left -= inside
        if not self._left:
            self._end(0)
        self._command = b""

    def closed(self) -> None:
        self._end(self._left)
        self._left = 0
        self._cursor.clear()

    def _take_line(self, time: float) -> bool:
        if not self._command and self._upgrade.takes(self._side, self._cursor, time):
            return False
        line = self._cursor.line()
        if line is None:
            if len(self._cursor) > LINE_LIMIT_BYTES:
                self._cursor.clear()
            return False
        literal = _LITERAL.search(line)
        self._command = (self._command + line)[-LINE_LIMIT_BYTES:]
        if not literal:
            self._command = b""
            return True
        size = int(literal[1])
        if size <= LITERAL_LIMIT:
            self._left = size
            self._message = self._channel.open(self._side, self._command, self._cursor.offset, time) if size else None
        return True

    def _take_literal(self) -> None:
        data = self._cursor.take(self._left)
        self._left -= len(data)
        if self._message:
            self._message.write(data)
        if not self._left:
            self._end(0)

    def _end(self, missing: int) -> None:
        if self._message:
            self._message.finish(missing_end=missing)
        self._message = None


class Imap(Channel):
    """One IMAP session."""

    name = "imap"

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        super().__init__(peers, client, desk)
        self._upgrade = Upgrade(desk, peers, client)
        self._sides = (_Side(self, 0, self._upgrade), _Side(self, 1, self._upgrade))

    @classmethod
    def claims(cls, heads: Heads) -> Claim:
        """A tagged command, or an untagged greeting."""
        return first_claim((_claim(heads[0], heads[1], 0), _claim(heads[1], heads[0], 1)))

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""
        self._sides[side].data(chunk, time)

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        if not self._upgrade.hole(side, size, time):
            self._sides[side].hole(size)

    def closed(self, side: int, time: float) -> None:
        """A message whose end never came is given with its end missing."""
        self._upgrade.closed(side, time)
        self._sides[side].closed()

    @property
    def is_interested(self) -> bool:
        """Say whether more bytes matter: not those of TLS that is not opened."""
        return self._upgrade.is_interested

    def paused(self, side: int, size: int, began: float, ended: float) -> None:
        """Take note that a side paused."""
        self._upgrade.paused(side, size, began, ended)

    def counted(self, up: int, down: int, time: float) -> None:
        """Take note, at the very end, of how many payload bytes side 0 and side 1 sent."""
        self._upgrade.counted(up, down, time)

    def open(self, side: int, command: bytes, position: int, time: float) -> MessageObjects | None:
        """The message a literal carries; None for literals that carry something else."""
        mailbox = ""
        if side == self.client:
            append = _APPEND.match(command)
            if not append:
                return None
            mailbox = text(append[1].strip(b'"'))
        elif not _WHOLE.search(command):
            return None
        return MessageObjects(
            self.desk,
            self.peers,
            protocol=self.name,
            sender=side,
            time=time,
            position=position,
            uri=f"imap://{self.peers.name(1 - self.client)}/{mailbox}",
            direction=Direction.UP if side == self.client else Direction.DOWN,
        )


def _claim(mine: bytes, theirs: bytes, side: int) -> Claim:
    """What side `side` being the client looks like."""
    if _SERVER.match(theirs) or _CLIENT.match(mine):
        return Claim.by(side)
    if theirs[:1] == b"*" and len(theirs) < 16:
        return Claim.MAYBE
    is_tag_begun = mine and len(mine) < 48 and b"\n" not in mine and re.match(rb"[A-Za-z0-9.]+( [A-Za-z]*)?\Z", mine)
    return Claim.MAYBE if is_tag_begun else Claim.NO
