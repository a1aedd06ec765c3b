"""HTTP/1: request and response bodies, and the files of forms, under the names they were given."""

from __future__ import annotations

from collections import deque

from forensics.channels.base import Channel, Claim, Heads, Peers, first_claim
from forensics.channels.desk import Desk, Listens
from forensics.channels.draft import Draft
from forensics.channels.headers import Headers, name_of_path, parameters
from forensics.channels.http_messages import (
    REQUEST,
    RESPONSE,
    Framing,
    Message,
    MessageReader,
    Messages,
    content_length,
    is_chunked,
)
from forensics.channels.mime import MimeReader
from forensics.model import Direction

OUTSTANDING_LIMIT = 4096
FIELD_BYTES = 1024
"""A form field without a file name is an object only from this size on: a pasted text, not a check box."""
_METHODS = (
    b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"DELETE", b"PATCH", b"CONNECT", b"TRACE", b"PROPFIND",
    b"PROPPATCH", b"MKCOL", b"COPY", b"MOVE", b"LOCK", b"UNLOCK", b"REPORT", b"SEARCH", b"MKCALENDAR",
)  # fmt: skip
_NAME_FIELDS = ("x-file-name", "x-filename", "file-name", "slug")


class Http(Channel):
    """One HTTP/1 connection: pairs answers with requests and follows it out of HTTP."""

    name = "http"

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        super().__init__(peers, client, desk)
        self._requests: deque[Message] = deque(maxlen=OUTSTANDING_LIMIT)
        self._request_side = _Requests(self)
        self._response_side = _Responses(self)
        self._readers = {
            client: MessageReader(REQUEST, self._request_side),
            1 - client: MessageReader(RESPONSE, self._response_side),
        }
        self._inner: Listens | None = None

    @classmethod
    def claims(cls, heads: Heads) -> Claim:
        """A request line from the client, or a status line from the server."""
        return first_claim((_claim(heads[0], heads[1], 0), _claim(heads[1], heads[0], 1)))

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""
        self._readers[side].data(chunk, time)

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        if self._inner and self._readers[side].is_tunnel:
            self._inner.hole(side, size, time)
        self._readers[side].hole(size)

    def closed(self, side: int, time: float) -> None:
        """Take note that a side sends no more."""
        if self._inner:
            self._inner.closed(side, time)
        self._readers[side].closed()

    def asked(self, message: Message) -> None:
        """A request's header block has come."""
        self._requests.append(message)

    def answered(self, message: Message) -> Message | None:
        """The request a response belongs to, if it was seen; a final response takes it off the list."""
        if not self._requests:
            return None
        request = self._requests[0]
        if message.status >= 200 or message.status == 101:
            self._requests.popleft()
            request.is_refused = message.status >= 300
        return request

    def leave(self, protocol: str, uri: str) -> None:
        """Both sides speak something else from here on."""
        inner = Peers(key=self.peers.key + "/tunnel", ends=self.peers.ends)
        self._inner = self.desk.converse(inner, protocol=protocol, client=self.client, uri=uri)
        self._readers[self.client].leave()

    def tunnel(self, side: int, data: bytes, time: float) -> None:
        """Bytes behind the change of protocol."""
        if self._inner:
            self._inner.data(side, data, time)

    def uri_of(self, request: Message | None) -> str:
        """The address asked for, as far as it is known."""
        if request is None:
            return f"http://{self.peers.name(1 - self.client)}/"
        if "://" in request.target.partition("?")[0]:
            return request.target
        host = request.headers.get("host") or self.peers.name(1 - self.client)
        return f"http://{host}{request.target}"


class _Side(Messages):
    """What requests and responses have in common: a body is one object or the parts of a multipart."""

    def __init__(self, http: Http, sender: int, direction: Direction) -> None:
        self.http = http
        self._sender = sender
        self._direction = direction
        self._sink: Draft | None = None
        self._parts: MimeReader | None = None
        self._has_parts = False

    def body(self, data: bytes) -> None:
        if self._sink:
            self._sink.write(data)
        if self._parts:
            self._parts.feed(data)
            self._drop_whole()

    def body_hole(self, size: int) -> None:
        if self._sink:
            self._sink.skip(size)
        if self._parts:
            self._parts.hole(size)

    def end(self, *, missing_end: int) -> None:
        if self._parts:
            self._parts.finish(missing_end=missing_end)
            self._drop_whole()
        if self._sink:
            self._sink.finish(missing_end=missing_end)
        self._sink = self._parts = None

    def tunnel(self, data: bytes, time: float) -> None:
        self.http.tunnel(self._sender, data, time)

    def _drop_whole(self) -> None:
        """A multipart body is an object itself only where no part is found in it."""
        if self._has_parts and self._sink:
            self._sink.drop()
            self._sink = None

    def open_body(self, message: Message, request: Message | None) -> None:
        """Begin the object or objects of a body."""
        headers = message.headers
        encoding = headers.get("content-encoding").strip().lower()
        encoding = "" if encoding == "identity" else encoding
        is_multipart = headers.media_type.startswith("multipart/") and not encoding
        self._has_parts = False
        if is_multipart and "boundary" in parameters(headers.get("content-type")):
            self._parts = MimeReader(lambda part, at: self._open_part(message, request, part, at), headers=headers)
        self._sink = self._draft(message, request, name=_name_of(message, request), encoding=encoding)
        self._sink.media_type = headers.media_type

    def _open_part(self, message: Message, request: Message | None, part: Headers, at: int) -> Draft | None:
        name = part.file_name
        self._has_parts = True
        draft = self._draft(message, request, name=name, encoding="")
        draft.position = message.offset + at
        draft.media_type = part.media_type
        is_field = message.headers.media_type == "multipart/form-data" and not name
        if is_field and part.media_type in ("", "text/plain", "application/json"):
            draft.name = parameters(part.get("content-disposition")).get("name", "")
            draft.least = FIELD_BYTES
        elif not name:
            draft.name = _name_of(message, request)
        return draft

    def _draft(self, message: Message, request: Message | None, *, name: str, encoding: str) -> Draft:
        return Draft(
            self.http.desk,
            self.http.peers,
            protocol=Http.name,
            sender=self._sender,
            direction=self._direction,
            time=message.time,
            position=message.offset,
            name=name,
            uri=self.http.uri_of(request),
            encoding=encoding,
        )


class _Requests(_Side):
    """The client's side."""

    def __init__(self, http: Http) -> None:
        super().__init__(http, http.client, Direction.UP)

    def begin(self, message: Message) -> Framing:
        """Requests have a body only when they say so."""
        self.http.asked(message)
        framing = Framing.NONE
        if is_chunked(message.headers):
            framing = Framing.CHUNKED
        elif content_length(message.headers) is not None:
            framing = Framing.LENGTH
        elif message.method in ("POST", "PUT") and message.version == "1.0":
            framing = Framing.UNTIL_CLOSE
        if framing is not Framing.NONE:
            self.open_body(message, message)
        return framing


class _Responses(_Side):
    """The server's side."""

    def __init__(self, http: Http) -> None:
        super().__init__(http, 1 - http.client, Direction.DOWN)

    def begin(self, message: Message) -> Framing:
        """The length rules of RFC 9112, section 6.3."""
        request = self.http.answered(message)
        method = request.method if request else ""
        if message.status == 101:
            upgrade = message.headers.get("upgrade").partition(",")[0].strip().lower()
            self.http.leave(upgrade, self.http.uri_of(request))
            return Framing.TUNNEL
        if method == "CONNECT" and 200 <= message.status < 300:
            self.http.leave("", self.http.uri_of(request))
            return Framing.TUNNEL
        if message.status < 200 or message.status in (204, 304) or method == "HEAD":
            return Framing.NONE
        framing = Framing.UNTIL_CLOSE
        if is_chunked(message.headers):
            framing = Framing.CHUNKED
        elif content_length(message.headers) is not None:
            framing = Framing.LENGTH
        self.open_body(message, request)
        return framing


def _claim(mine: bytes, theirs: bytes, side: int) -> Claim:
    """What side `side` being the client looks like."""
    if REQUEST.match(mine) or RESPONSE.match(theirs):
        return Claim.by(side)
    is_line_cut = b"\n" not in mine[:4096] and len(mine) < 4096
    if mine and is_line_cut and any(mine.startswith(method[: len(mine)]) for method in _METHODS):
        return Claim.MAYBE
    if theirs and is_line_cut and b"HTTP/1."[: len(theirs)] == theirs[:7]:
        return Claim.MAYBE
    return Claim.NO if mine and theirs else Claim.MAYBE


def _name_of(message: Message, request: Message | None) -> str:
    """The name a body goes by: Content-Disposition, a name field, the query, the path."""
    name = message.headers.file_name if message.headers.get("content-disposition") else ""
    if name or request is None:
        return name
    if message is request:
        name = next(filter(None, (message.headers.get(field) for field in _NAME_FIELDS)), "")
    return name_of_path(name) if name else name_of_path(request.target)
