"""SIP messages (RFC 3261): their beginning, header fields in either form, and how a stream of them is cut up."""

from __future__ import annotations

import re
from dataclasses import dataclass

from forensics.channels.cursor import Cursor
from forensics.channels.headers import NAME_LIMIT, Headers, media_type_of

HEAD_LIMIT_BYTES = 1 << 14
BODY_LIMIT_BYTES = 1 << 20
"""Longest body that is kept; of longer ones only the beginning is."""
_BEGINNING = re.compile(
    rb"(?:(INVITE|ACK|BYE|CANCEL|OPTIONS|REGISTER|PRACK|SUBSCRIBE|NOTIFY|PUBLISH|INFO|REFER|MESSAGE|UPDATE)"
    rb" [^ \r\n]{1,2000} SIP/2\.0|SIP/2\.0 (\d{3})[ \r\n])"
)
_METHODS = b"INVITE ACK BYE CANCEL OPTIONS REGISTER PRACK SUBSCRIBE NOTIFY PUBLISH INFO REFER MESSAGE UPDATE SIP/2.0"
_SHORT = {"c": "content-type", "e": "content-encoding", "f": "from", "i": "call-id", "l": "content-length", "t": "to"}
_URI = re.compile(r"<((?:sips?|tel):[^>]{1,400})>|((?:sips?|tel):[^\s;,<>]{1,400})", re.IGNORECASE)
_TAG = re.compile(r";\s*tag\s*=\s*([^\s;,>]{1,200})", re.IGNORECASE)


def begins(head: bytes) -> re.Match[bytes] | None:
    """The method (1) or status (2) of a message that begins with `head`."""
    return _BEGINNING.match(head.lstrip(b"\r\n"))


def may_begin(head: bytes) -> bool:
    """Say whether more bytes may make `head` the beginning of a message."""
    head = head.lstrip(b"\r\n")
    word = head.partition(b" ")[0]
    if b" " not in head:
        return not head or any(known.startswith(word) for known in _METHODS.split())
    return word in _METHODS.split() and b"\n" not in head and len(head) < 2100


@dataclass(frozen=True, slots=True, kw_only=True)
class SipMessage:
    """One message. `method` is empty in responses, `status` is 0 in requests; `missing` counts bytes of the body
    that were announced and are not in it. `position` is where it began."""

    method: str
    status: int
    headers: Headers
    body: bytes
    missing: int
    position: int

    def field(self, name: str) -> str:
        """A header field by its long name."""
        short = next((key for key, value in _SHORT.items() if value == name), "")
        return self.headers.get(name) or (self.headers.get(short) if short else "")

    @property
    def media_type(self) -> str:
        """What the body claims to be, in lower case, without parameters."""
        return media_type_of(self.field("content-type"))

    def party(self, name: str) -> tuple[str, str]:
        """The address and tag of the `from` or `to` field."""
        value = self.field(name)
        uri, tag = _URI.search(value), _TAG.search(value)
        return (uri[1] or uri[2] if uri else "")[:NAME_LIMIT], tag[1] if tag else ""


def message_of(datagram: bytes, length: int, position: int) -> SipMessage | None:
    """The message in a datagram that had `length` bytes on the wire; None when there is none."""
    found = begins(datagram)
    if not found:
        return None
    head, _, body = datagram.lstrip(b"\r\n").partition(b"\r\n\r\n")
    message = _message(head, b"", 0, position)
    claimed = message.field("content-length")
    size = int(claimed) if claimed.isdecimal() and len(claimed) < 9 else -1
    missing = max(0, length - len(datagram)) if size < 0 else max(0, min(size, length) - len(body))
    return _message(head, body if size < 0 else body[:size], missing, position)


def _message(head: bytes, body: bytes, missing: int, position: int) -> SipMessage:
    found = begins(head)
    method = found[1].decode() if found and found[1] else ""
    status = int(found[2]) if found and found[2] else 0
    headers = Headers(head.lstrip(b"\r\n").partition(b"\n")[2])
    return SipMessage(method=method, status=status, headers=headers, body=body, missing=missing, position=position)


class SipReader:
    """Cuts one side of a connection into messages, by Content-Length (RFC 3261, 18.3); any cut gives the same."""

    def __init__(self) -> None:
        self._bytes = Cursor()
        self._head: bytes | None = None
        self._position = 0
        self._left = 0
        self._body = bytearray()
        self._missing = 0

    def data(self, chunk: bytes) -> list[SipMessage]:
        """Take bytes; returns the messages that are whole."""
        self._bytes.push(chunk)
        found: list[SipMessage] = []
        while (self._head is not None or self._take_head()) and self._take_body(found):
            pass
        return found

    def hole(self, size: int) -> list[SipMessage]:
        """Take note of bytes never seen: of a body they are missing, a head is lost."""
        found: list[SipMessage] = []
        self._bytes.clear()
        self._bytes.skip(size)
        if self._head is not None:
            lost = min(size, self._left)
            self._left -= lost
            self._missing += lost
            if not self._left:
                self._finish(found)
        return found

    def finish(self) -> list[SipMessage]:
        """Nothing more comes; returns the message that is under way, without its end."""
        found: list[SipMessage] = []
        if self._head is not None:
            self._missing += self._left
            self._left = 0
            self._finish(found)
        return found

    def _take_head(self) -> bool:
        while (head := self._next_head()) is not None:
            found = _BEGINNING.search(head)
            if found:
                self._position = self._bytes.offset - len(head) + found.start()
                self._head, self._body, self._missing = head[found.start() :], bytearray(), 0
                claimed = _message(self._head, b"", 0, 0).field("content-length")
                self._left = int(claimed) if claimed.isdecimal() and len(claimed) < 11 else 0
                return True
        return False

    def _next_head(self) -> bytes | None:
        """What comes before the next empty line; a head that is too long is passed over in pieces."""
        while self._bytes.peek(1) in (b"\r", b"\n"):
            self._bytes.take(1)
        end = self._bytes.find(b"\r\n\r\n")
        if 0 <= end <= HEAD_LIMIT_BYTES:
            return self._bytes.take(end + 4)
        if len(self._bytes) < HEAD_LIMIT_BYTES + 4:
            return None
        self._bytes.take(HEAD_LIMIT_BYTES)
        return b""

    def _take_body(self, found: list[SipMessage]) -> bool:
        data = self._bytes.take(min(self._left, len(self._bytes)))
        self._left -= len(data)
        room = BODY_LIMIT_BYTES - len(self._body)
        if not self._missing:
            self._body += data[:room]
        self._missing += len(data) if self._missing else max(0, len(data) - room)
        if self._left:
            return False
        self._finish(found)
        return True

    def _finish(self, found: list[SipMessage]) -> None:
        assert self._head is not None
        found.append(_message(self._head, bytes(self._body), self._missing, self._position))
        self._head = None
