"""What a body of HTTP is, whatever version carried it: one object, or the parts of a multipart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from forensics.channels.base import Peers
from forensics.channels.crossing import Label
from forensics.channels.desk import Desk
from forensics.channels.draft import Draft
from forensics.channels.headers import Headers, name_of_path, parameters
from forensics.channels.http_joins import Joins, Piece
from forensics.channels.http_messages import Message
from forensics.channels.http_ranges import (
    Extent,
    creation_key,
    extent_of_answer,
    extent_of_request,
    is_creation,
    location_of,
    promise_of,
    upload_key,
)
from forensics.channels.mime import MimeReader, Sink
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
    clock: Callable[[], float]
    """Says when what is told now was seen."""

    @property
    def client(self) -> str:
        """The client's address."""
        return self.peers.ends[self.side if self.direction is Direction.UP else 1 - self.side][0]


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
        label = self._label(name=name_of(message, request), media_type=headers.media_type, encoding=encoding)
        extent = None if self._parts else self._extent(headers)
        self._whole: Draft | Piece | None = self._piece(extent, label) if extent else self._draft(label)

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
        if self._has_parts and isinstance(self._whole, Draft):
            self._whole.drop()
            self._whole = None

    def _open_part(self, part: Headers, at: int) -> Sink | None:
        name = part.file_name
        self._has_parts = True
        label = self._label(name=name, media_type=part.media_type)
        label = replace(label, position=label.position + at)
        extent = self._extent(part, name=name)
        if extent:
            return self._piece(extent, label if name else replace(label, name=name_of(self._message, self._request)))
        is_field = self._message.headers.media_type == "multipart/form-data" and not name
        if is_field and part.media_type in ("", "text/plain", "application/json"):
            draft = self._draft(replace(label, name=parameters(part.get("content-disposition")).get("name", "")))
            draft.least = FIELD_BYTES
            return draft
        return self._draft(label if name else replace(label, name=name_of(self._message, self._request)))

    def _extent(self, headers: Headers, *, name: str = "") -> Extent | None:
        """The place of the body or part with these fields in something larger."""
        sender, message = self._sender, self._message
        if sender.direction is Direction.DOWN:
            return extent_of_answer(message, headers, client=sender.client, uri=self._uri)
        if headers is not message.headers and not name:
            return None
        extent = extent_of_request(message, client=sender.client, uri=self._uri, flow=sender.peers.key)
        return replace(extent, key=(*extent.key, name)) if extent and name else extent

    def _piece(self, extent: Extent, label: Label) -> Piece:
        promise = promise_of(self._message)
        named = replace(label, name=promise.name or label.name, media_type=promise.media_type or label.media_type)
        return self._sender.desk.shelf(Joins).piece(extent, named, self._sender.clock)

    def _label(self, *, name: str, media_type: str, encoding: str = "") -> Label:
        sender, message = self._sender, self._message
        return Label(
            peers=sender.peers,
            protocol=sender.protocol,
            sender=sender.side,
            direction=sender.direction,
            time=message.time,
            position=message.offset,
            name=name,
            uri=self._uri,
            media_type=media_type,
            encoding=encoding,
        )

    def _draft(self, label: Label) -> Draft:
        return Draft.labelled(self._sender.desk, label)


def note_answer(desk: Desk, peers: Peers, client: int, *, request: Message, answer: Message, uri: str) -> None:
    """Learn from an answer where a resumable upload lives, and how long it is."""
    address = peers.ends[client][0]
    if is_creation(request) and (location := location_of(answer, uri)):
        joins, key = desk.shelf(Joins), upload_key(address, location)
        joins.move(creation_key(peers.key, request), key)
        joins.promise(key, promise_of(request))
    elif answer.headers.get("upload-length"):
        desk.shelf(Joins).promise(upload_key(address, uri), promise_of(answer))


def name_of(message: Message, request: Message | None) -> str:
    """The name a body goes by: Content-Disposition, a name field, the query, the path."""
    name = message.headers.file_name if message.headers.get("content-disposition") else ""
    if name or request is None:
        return name
    if message is request:
        name = next(filter(None, (message.headers.get(field) for field in _NAME_FIELDS)), "")
    return name_of_path(name) if name else name_of_path(request.target)
