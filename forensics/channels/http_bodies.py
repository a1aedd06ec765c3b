"""What a body of HTTP is, whatever version carried it: one object, or the parts of a multipart."""

from __future__ import annotations

from dataclasses import dataclass

from forensics.channels.base import Peers
from forensics.channels.desk import Desk
from forensics.channels.draft import Draft
from forensics.channels.headers import Headers, name_of_path, parameters
from forensics.channels.http_messages import Message
from forensics.channels.mime import MimeReader
from forensics.model import Direction

FIELD_BYTES = 1024
"""A form field without a file name is an object only from this size on: a pasted text, not a check box."""
_NAME_FIELDS = ("x-file-name", "x-filename", "file-name", "slug")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The side of a connection that sends bodies, and the protocol its objects are given under."""

    desk: Desk
    peers: Peers
    protocol: str
    side: int
    direction: Direction


class Body:
    """The object or objects of one message, from behind its headers to its end.

    `request` is the message itself or the one it answers, `uri` what was asked for.
    """

    def __init__(self, sender: Sender, message: Message, request: Message | None, uri: str) -> None:
        self._sender = sender
        self._message = message
        self._request = request
        self._uri = uri
        self._parts: MimeReader | None = None
        self._has_parts = False
        self.size = 0
        """Bytes so far, those never seen included."""
        headers = message.headers
        encoding = headers.get("content-encoding").strip().lower()
        encoding = "" if encoding == "identity" else encoding
        is_multipart = headers.media_type.startswith("multipart/") and not encoding
        if is_multipart and "boundary" in parameters(headers.get("content-type")):
            self._parts = MimeReader(self._open_part, headers=headers)
        self._whole: Draft | None = self._draft(name=name_of(message, request), encoding=encoding)
        self._whole.media_type = headers.media_type

    def write(self, data: bytes) -> None:
        """Take the next bytes, transfer coding removed."""
        self.size += len(data)
        if self._whole:
            self._whole.write(data)
        if self._parts:
            self._parts.feed(data)
            self._drop_whole()

    def skip(self, size: int) -> None:
        """Take note of bytes never seen."""
        self.size += size
        if self._whole:
            self._whole.skip(size)
        if self._parts:
            self._parts.hole(size)

    def finish(self, *, missing_end: int = 0) -> None:
        """The body has ended, but for `missing_end` bytes."""
        if self._parts:
            self._parts.finish(missing_end=missing_end)
            self._drop_whole()
        if self._whole:
            self._whole.finish(missing_end=missing_end)
        self._whole = self._parts = None

    def _drop_whole(self) -> None:
        """A multipart body is an object itself only where no part is found in it."""
        if self._has_parts and self._whole:
            self._whole.drop()
            self._whole = None

    def _open_part(self, part: Headers, at: int) -> Draft | None:
        name = part.file_name
        self._has_parts = True
        draft = self._draft(name=name, encoding="")
        draft.position += at
        draft.media_type = part.media_type
        is_field = self._message.headers.media_type == "multipart/form-data" and not name
        if is_field and part.media_type in ("", "text/plain", "application/json"):
            draft.name = parameters(part.get("content-disposition")).get("name", "")
            draft.least = FIELD_BYTES
        elif not name:
            draft.name = name_of(self._message, self._request)
        return draft

    def _draft(self, *, name: str, encoding: str) -> Draft:
        sender, message = self._sender, self._message
        return Draft(
            sender.desk,
            sender.peers,
            protocol=sender.protocol,
            sender=sender.side,
            direction=sender.direction,
            time=message.time,
            position=message.offset,
            name=name,
            uri=self._uri,
            encoding=encoding,
        )


def name_of(message: Message, request: Message | None) -> str:
    """The name a body goes by: Content-Disposition, a name field, the query, the path."""
    name = message.headers.file_name if message.headers.get("content-disposition") else ""
    if name or request is None:
        return name
    if message is request:
        name = next(filter(None, (message.headers.get(field) for field in _NAME_FIELDS)), "")
    return name_of_path(name) if name else name_of_path(request.target)
