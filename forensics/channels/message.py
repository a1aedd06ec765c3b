"""A mail message on its way: the message is one object and each of its parts another."""

from __future__ import annotations

from forensics.channels.base import Peers
from forensics.channels.desk import Desk
from forensics.channels.draft import Draft
from forensics.channels.headers import Headers, decode_words
from forensics.channels.mime import MimeReader
from forensics.model import Direction

HEADER_BYTES = 1 << 16
SUBJECT_LIMIT = 200


class MessageObjects:
    """Takes the bytes of one message as the receiver gets them; the message is named after its subject."""

    def __init__(
        self,
        desk: Desk,
        peers: Peers,
        *,
        protocol: str,
        sender: int,
        time: float,
        position: int,
        uri: str,
        direction: Direction = Direction.UP,
    ) -> None:
        self._desk = desk
        self._peers = peers
        self._protocol = protocol
        self._sender = sender
        self._time = time
        self._position = position
        self._uri = uri
        self._direction = direction
        self._head = b""
        self._message = self._draft(position)
        self._message.media_type = "message/rfc822"
        self._parts = MimeReader(self._open_part)

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        if len(self._head) < HEADER_BYTES:
            self._head += data[: HEADER_BYTES - len(self._head)]
        self._message.write(data)
        self._parts.feed(data)

    def skip(self, size: int) -> None:
        """Note bytes never seen."""
        self._message.skip(size)
        self._parts.hole(size)

    def finish(self, *, missing_end: int = 0) -> None:
        """The message has ended, or will not go on."""
        headers = Headers(self._head.replace(b"\r\n", b"\n").partition(b"\n\n")[0])
        subject = decode_words(headers.get("subject"))[:SUBJECT_LIMIT]
        self._message.name = f"{subject or 'message'}.eml"
        self._parts.finish(missing_end=missing_end)
        self._message.finish(missing_end=missing_end)

    def _open_part(self, headers: Headers, at: int) -> Draft:
        draft = self._draft(self._position + at)
        draft.is_part = True
        draft.name = headers.file_name
        draft.media_type = headers.media_type or "text/plain"
        return draft

    def _draft(self, position: int) -> Draft:
        return Draft(
            self._desk,
            self._peers,
            protocol=self._protocol,
            sender=self._sender,
            direction=self._direction,
            time=self._time,
            position=position,
            uri=self._uri,
        )
