"""SMTP (RFC 5321, BDAT of RFC 3030): each message sent, and each part of it, decoded."""

from __future__ import annotations

import re
from collections import deque
from enum import Enum, auto

from forensics.channels.base import Channel, Claim, Heads, Peers, first_claim
from forensics.channels.cursor import Cursor
from forensics.channels.desk import Desk
from forensics.channels.headers import text
from forensics.channels.message import MessageObjects
from forensics.channels.tunnel import Upgrade

LINE_LIMIT_BYTES = 1 << 16
CHUNK_LIMIT = 1 << 40
OUTSTANDING_LIMIT = 10_000
_GREETING = re.compile(rb"(?:EHLO|HELO|LHLO|MAIL FROM:|RCPT TO:|BDAT \d)[ <\w\[\-.]?", re.IGNORECASE)
_COMMAND = re.compile(
    rb"(?:EHLO|HELO|MAIL FROM:|RCPT TO:|DATA|RSET|NOOP|QUIT|VRFY|HELP|STARTTLS|BDAT|AUTH)(?: [^\r\n]*)?\r?\n", re.I
)
_REPLY = re.compile(rb"(\d{3})([ \-]?)")


class _State(Enum):
    COMMAND = auto()
    ASKED_DATA = auto()
    DATA = auto()
    CHUNK = auto()
    OVER = auto()


class Smtp(Channel):
    """One SMTP session; reads on without the server's side where only the client's was captured."""

    name = "smtp"

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        super().__init__(peers, client, desk)
        self._cursor = Cursor()
        self._replies = Cursor()
        self._state = _State.COMMAND
        self._outstanding: deque[bytes] = deque(maxlen=OUTSTANDING_LIMIT)
        self._recipients: list[str] = []
        self._message: MessageObjects | None = None
        self._left = 0
        self._is_last_chunk = False
        self._tail = b"\r\n"
        self._upgrade = Upgrade(desk, peers, client)

    @classmethod
    def claims(cls, heads: Heads) -> Claim:
        """A client that greets or names a sender; a server's 220 alone may be FTP."""
        return first_claim((_claim(heads[0], heads[1], 0), _claim(heads[1], heads[0], 1)))

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""
        if self._state is _State.OVER:
            return
        if side != self.client:
            self._take_replies(chunk, time)
            return
        self._cursor.push(chunk)
        while len(self._cursor) and self._step(time):
            pass

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        if self._upgrade.hole(side, size, time):
            return
        if side != self.client:
            self._replies.clear()
            self._replies.skip(size)
            self._outstanding.clear()
            return
        if self._state is _State.DATA and self._message:
            self._message.write(self._cursor.take(len(self._cursor)))
            self._message.skip(size)
            self._tail = b""
        elif self._state is _State.CHUNK and self._message:
            inside = min(size, self._left)
            self._message.skip(inside)
            self._left -= inside
            if not self._left:
                self._end_chunk(missing_end=0)
        elif self._state is _State.ASKED_DATA:
            self._begin_message(time)
            self._state = _State.DATA
            if self._message:
                self._message.skip(size)
        self._cursor.clear()
        self._cursor.skip(size)

    def closed(self, side: int, time: float) -> None:
        """A message whose end never came is given with its end missing."""
        self._upgrade.closed(side, time)
        if side != self.client or self._state is _State.OVER:
            return
        if self._is_at_bare_end:
            self._end_data()
        if self._message:
            self._message.write(self._cursor.take(len(self._cursor)))
            self._message.finish(missing_end=max(1, self._left))
            self._message = None
        self._state = _State.OVER

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

    def _step(self, time: float) -> bool:
        if self._state is _State.ASKED_DATA:
            if _COMMAND.match(self._cursor.peek(512)):
                self._state = _State.COMMAND
            else:
                self._begin_data(time)
            return True
        if self._state is _State.DATA:
            return self._take_data()
        if self._state is _State.CHUNK:
            return self._take_chunk()
        if self._upgrade.takes(self.client, self._cursor, time):
            return False
        line = self._cursor.line()
        if line is None:
            if len(self._cursor) > LINE_LIMIT_BYTES:
                self._cursor.clear()
            return False
        self._take_command(line, time)
        return True

    def _take_command(self, line: bytes, time: float) -> None:
        verb, _, argument = line.rstrip(b"\r\n").partition(b" ")
        verb = verb.upper()
        self._outstanding.append(verb)
        if verb == b"DATA":
            self._state = _State.ASKED_DATA
        elif verb == b"BDAT":
            self._begin_chunk(argument, time)
        elif verb in (b"RSET", b"MAIL", b"EHLO", b"HELO"):
            self._recipients.clear()
            self._abandon()
        elif verb == b"RCPT" and len(self._recipients) < 1000:
            found = re.search(rb"<([^>]*)>", argument)
            self._recipients.append(text(found[1] if found else argument.partition(b":")[2].strip()))

    def _begin_message(self, time: float) -> None:
        self._message = MessageObjects(
            self.desk,
            self.peers,
            protocol=self.name,
            sender=self.client,
            time=time,
            position=self._cursor.offset,
            uri=f"smtp://{self.peers.name(1 - self.client)}/{','.join(self._recipients[:20])}",
        )

    def _begin_data(self, time: float) -> None:
        self._begin_message(time)
        self._state = _State.DATA
        self._tail = b"\r\n"

    def _take_data(self) -> bool:
        """Pass the message on up to its final dot, one dot taken from lines that begin with one."""
        if self._tail.endswith(b"\n") and self._cursor.peek(1) == b".":
            return self._take_dot()
        dot = self._cursor.find(b"\n.") + 1
        self._write(self._cursor.take(dot or len(self._cursor)))
        return bool(dot)

    def _take_dot(self) -> bool:
        """A line that begins with a dot: the end, or a stuffed line. False while that cannot be told."""
        head = self._cursor.peek(514)
        if head in (b".", b".\r"):
            return False
        if head.startswith(b".\n"):
            behind = head[2:].lstrip(b"\r\n")
            if not behind or (b"\n" not in behind and len(head) < 514):
                return False
            is_end = _COMMAND.match(behind) is not None
        else:
            is_end = head.startswith(b".\r\n")
        if is_end:
            self._end_data()
        else:
            self._cursor.take(1)
            self._tail = b""
        return True

    def _end_data(self) -> None:
        self._cursor.line()
        self._state = _State.COMMAND
        if self._message:
            self._message.finish()
        self._message = None

    @property
    def _is_at_bare_end(self) -> bool:
        """A dot and a bare line feed, and nothing behind: an end to some servers, and their answer tells."""
        is_dot = self._state is _State.DATA and self._tail.endswith(b"\n") and self._cursor.peek(2) == b".\n"
        return is_dot and not self._cursor.peek(64)[2:].strip(b"\r\n")

    def _write(self, data: bytes) -> None:
        self._tail = (self._tail + data[-2:])[-2:]
        if self._message:
            self._message.write(data)

    def _begin_chunk(self, argument: bytes, time: float) -> None:
        size, _, last = argument.partition(b" ")
        if not size.isdigit() or len(size) > 15 or int(size) > CHUNK_LIMIT:
            return
        if self._message is None:
            self._begin_message(time)
        self._left = int(size)
        self._is_last_chunk = last.strip().upper() == b"LAST"
        self._state = _State.CHUNK
        if not self._left:
            self._end_chunk(missing_end=0)

    def _take_chunk(self) -> bool:
        assert self._message is not None
        data = self._cursor.take(self._left)
        self._left -= len(data)
        self._message.write(data)
        if not self._left:
            self._end_chunk(missing_end=0)
        return True

    def _end_chunk(self, *, missing_end: int) -> None:
        self._state = _State.COMMAND
        if self._is_last_chunk and self._message:
            self._message.finish(missing_end=missing_end)
            self._message = None

    def _abandon(self) -> None:
        """A BDAT transaction given up: what was sent of it has crossed the wire all the same."""
        if self._message:
            self._message.finish(missing_end=1)
            self._message = None

    def _take_replies(self, chunk: bytes, time: float) -> None:
        self._replies.push(chunk)
        while (
            not self._upgrade.takes(1 - self.client, self._replies, time) and (line := self._replies.line()) is not None
        ):
            match = _REPLY.match(line)
            if match and match[2] != b"-":
                self._answered(int(match[1]))
        if len(self._replies) > LINE_LIMIT_BYTES:
            self._replies.clear()

    def _answered(self, code: int) -> None:
        if code == 220 and not self._outstanding:
            return
        if code != 354 and self._is_at_bare_end:
            self._end_data()
            return
        verb = self._outstanding.popleft() if self._outstanding else b""
        if verb == b"DATA" and code >= 400 and self._state is _State.ASKED_DATA:
            self._state = _State.COMMAND


def _claim(mine: bytes, theirs: bytes, side: int) -> Claim:
    """What side `side` being the client looks like."""
    if _GREETING.match(mine) and (not theirs or theirs[:1] in b"2345"):
        return Claim.by(side)
    if not mine:
        return Claim.MAYBE if not theirs or b"220"[: len(theirs)] == theirs[:3] else Claim.NO
    is_beginning = any(word.startswith(mine[:10].upper()) for word in (b"EHLO", b"HELO", b"LHLO", b"MAIL FROM:"))
    return Claim.MAYBE if is_beginning else Claim.NO
