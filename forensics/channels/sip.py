"""SIP (RFC 3261) over datagrams and streams: calls announce where their voice will be heard, messages carry files."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from forensics.channels import sip_messages
from forensics.channels.base import Channel, Claim, Heads, Peers
from forensics.channels.datagrams import DatagramChannel
from forensics.channels.desk import Desk
from forensics.channels.draft import Draft
from forensics.channels.headers import Headers, parameters
from forensics.channels.mime import MimeReader
from forensics.channels.rtp_voice import Call
from forensics.channels.sdp import voice_of
from forensics.channels.sip_messages import SipMessage, SipReader
from forensics.model import Direction

CALLS_LIMIT = 1024
TEXT_BYTES = 1024
"""Text of a message below which it is conversation, not a file."""
_OF_THE_PROTOCOL = ("application/sdp", "application/pidf", "application/dtmf", "application/simple-message-summary")
_FILES = ("audio/", "image/", "video/", "application/")


class Dialogs:
    """The calls and messages between two ends, whatever carries them."""

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        self._peers = peers
        self._client = client
        self._desk = desk
        self._calls: OrderedDict[str, tuple[Call, str]] = OrderedDict()

    def take(self, side: int, message: SipMessage, time: float) -> None:
        """Take one message."""
        is_call = message.media_type in ("application/sdp", "multipart/mixed", "multipart/alternative")
        descriptions: list[bytes] = []
        if message.body and is_call:
            descriptions = _descriptions(message)
        if descriptions and message.method not in ("MESSAGE", "OPTIONS"):
            self._announce(message, descriptions)
        if message.method in ("BYE", "CANCEL"):
            self._end(message, time)
        if message.body or message.missing:
            self._files(side, message, time)

    def _announce(self, message: SipMessage, descriptions: list[bytes]) -> None:
        """A description of a request is its sender's, of a response the other's; the first to invite is the caller."""
        (_, sender), (callee, _) = message.party("from"), message.party("to")
        number = message.field("call-id")
        if number not in self._calls:
            self._calls[number] = Call(uri=callee), sender
            if len(self._calls) > CALLS_LIMIT:
                self._calls.popitem(last=False)
        self._calls.move_to_end(number)
        call, caller = self._calls[number]
        for description in descriptions:
            for media in voice_of(description):
                call.announce(media, self._desk, is_callers=(sender == caller) == bool(message.method))

    def _end(self, message: SipMessage, time: float) -> None:
        call, _ = self._calls.pop(message.field("call-id"), (None, ""))
        if call:
            call.end(time)

    def _files(self, side: int, message: SipMessage, time: float) -> None:
        """A body that is a file, or long text that is sent as a message."""

        def open_part(headers: Headers, at: int) -> Draft | None:
            kind = headers.media_type
            is_file = kind.startswith(_FILES) and not kind.endswith("+xml") and not kind.startswith(_OF_THE_PROTOCOL)
            if not is_file and message.method != "MESSAGE":
                return None
            draft = self._draft(side, message, time, at)
            draft.name, draft.media_type = headers.file_name or "message", kind
            draft.least = 1 if is_file else TEXT_BYTES
            return draft

        fields = (f"{name}: {message.field(name)}\r\n" for name in ("content-type", "content-disposition"))
        parts = MimeReader(open_part, headers=Headers("".join(fields).encode("utf-8", "surrogateescape")))
        parts.feed(message.body)
        parts.finish(missing_end=message.missing)

    def _draft(self, side: int, message: SipMessage, time: float, at: int) -> Draft:
        return Draft(
            self._desk,
            self._peers,
            protocol="sip",
            sender=side,
            direction=Direction.UP if side == self._client else Direction.DOWN,
            time=time,
            position=message.position + at,
            uri=message.party("to")[0] or f"sip:{self._peers.name(1 - self._client)}",
        )


class SipDatagrams(DatagramChannel):
    """SIP over UDP: a datagram is a message."""

    name = "sip"

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        super().__init__(peers, client, desk)
        self._dialogs = Dialogs(peers, client, desk)
        self._position = 0

    @classmethod
    def claims(cls, held: Sequence[tuple[int, bytes]], transport: str) -> Claim:
        """A request or a response."""
        side, datagram = held[-1]
        found = sip_messages.begins(datagram) if transport == "udp" else None
        if not found:
            return Claim.MAYBE
        return Claim.by(side if found[1] else 1 - side)

    def datagram(self, side: int, payload: bytes, length: int, time: float) -> None:
        """Take one message."""
        message = sip_messages.message_of(payload, length, self._position)
        self._position += max(1, length)
        if message:
            self._dialogs.take(side, message, time)

    def over(self, time: float) -> None:
        """Calls go on without their signalling."""


class Sip(Channel):
    """SIP over TCP."""

    name = "sip"

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        super().__init__(peers, client, desk)
        self._dialogs = Dialogs(peers, client, desk)
        self._readers = (SipReader(), SipReader())

    @classmethod
    def claims(cls, heads: Heads) -> Claim:
        """A side that begins with a request is the client."""
        for side, head in enumerate(heads):
            if found := sip_messages.begins(head):
                return Claim.by(side if found[1] else 1 - side)
        return Claim.MAYBE if all(map(sip_messages.may_begin, heads)) else Claim.NO

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""
        for message in self._readers[side].data(chunk):
            self._dialogs.take(side, message, time)

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        for message in self._readers[side].hole(size):
            self._dialogs.take(side, message, time)

    def closed(self, side: int, time: float) -> None:
        """A message that is not whole lacks its end; calls go on."""
        for message in self._readers[side].finish():
            self._dialogs.take(side, message, time)


def _descriptions(message: SipMessage) -> list[bytes]:
    """The session descriptions of a body, which may be one among other parts."""
    if message.media_type == "application/sdp":
        return [message.body]
    boundary = parameters(message.field("content-type")).get("boundary", "").encode()
    parts = message.body.split(b"--" + boundary)[1:] if boundary else []
    found = []
    for part in parts:
        head, _, body = part.lstrip(b"\r\n").partition(b"\r\n\r\n")
        if Headers(head).media_type == "application/sdp":
            found.append(body)
    return found
