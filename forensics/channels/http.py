"""HTTP/1: request and response bodies, and the files of forms, under the names they were given."""

from __future__ import annotations

from collections import deque

from forensics.channels.base import Channel, Claim, Heads, Peers, first_claim
from forensics.channels.desk import Desk
from forensics.channels.http_bodies import Body, Sender, note_answer
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
from forensics.channels.tunnel import Tunnel
from forensics.model import Direction

OUTSTANDING_LIMIT = 4096
_METHODS = (
    b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"DELETE", b"PATCH", b"CONNECT", b"TRACE", b"PROPFIND",
    b"PROPPATCH", b"MKCOL", b"COPY", b"MOVE", b"LOCK", b"UNLOCK", b"REPORT", b"SEARCH", b"MKCALENDAR",
)  # fmt: skip


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
        self._inner: Tunnel | None = None
        self._told = [0, 0]
        self._tunnelled = [0, 0]
        self.time = 0.0
        """When what is told now was seen."""

    @classmethod
    def claims(cls, heads: Heads) -> Claim:
        """A request line from the client, or a status line from the server."""
        return first_claim((_claim(heads[0], heads[1], 0), _claim(heads[1], heads[0], 1)))

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""
        self.time = time
        self._told[side] += len(chunk)
        self._readers[side].data(chunk, time)

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        self.time = time
        self._told[side] += size
        if self._inner and self._readers[side].is_tunnel:
            self._tunnelled[side] += size
            self._inner.hole(side, size, time)
        self._readers[side].hole(size)

    def closed(self, side: int, time: float) -> None:
        """Take note that a side sends no more."""
        self.time = time
        if self._inner:
            self._inner.closed(side, time)
        self._readers[side].closed()

    @property
    def is_interested(self) -> bool:
        """Say whether more bytes matter: not those of a tunnel that nobody reads."""
        is_tunnel = self._inner is not None and all(reader.is_tunnel for reader in self._readers.values())
        return not is_tunnel or (self._inner is not None and self._inner.is_interested)

    def paused(self, side: int, size: int, began: float, ended: float) -> None:
        """Take note that a side paused."""
        if self._inner:
            self._inner.paused(side, size, began, ended)

    def counted(self, up: int, down: int, time: float) -> None:
        """Take note, at the very end, of how many payload bytes side 0 and side 1 sent."""
        if self._inner:
            for side in (0, 1):
                self._inner.before[side] = self._told[side] - self._tunnelled[side]
            self._inner.counted(up, down, time)

    def asked(self, message: Message) -> None:
        """A request's header block has come."""
        self._requests.append(message)

    def answered(self, message: Message) -> Message | None:
        """The request a response belongs to, if it was seen; a final response takes it off the list."""
        if not self._requests:
            return None
        request = self._requests[0]
        note_answer(self.desk, self.peers, self.client, request=request, answer=message, uri=self.uri_of(request))
        if message.status >= 200 or message.status == 101:
            self._requests.popleft()
            request.is_refused = message.status >= 300
        return request

    def leave(self, protocol: str, uri: str) -> None:
        """Both sides speak something else from here on."""
        self._inner = Tunnel(self.desk, self.peers, protocol=protocol, client=self.client, uri=uri)
        self._readers[self.client].leave()

    def tunnel(self, side: int, data: bytes, time: float) -> None:
        """Bytes behind the change of protocol."""
        self._tunnelled[side] += len(data)
        if self._inner:
            self._inner.data(side, data, time)

    def uri_of(self, request: Message | None) -> str:
        """The address asked for, as far as it is known."""
        scheme = "https" if self.peers.is_sealed else "http"
        if request is None:
            return f"{scheme}://{self.peers.name(1 - self.client)}/"
        if "://" in request.target.partition("?")[0]:
            return request.target
        host = request.headers.get("host") or self.peers.name(1 - self.client)
        return f"{scheme}://{host}{request.target}"


class _Side(Messages):
    """What requests and responses have in common."""

    def __init__(self, http: Http, side: int, direction: Direction) -> None:
        self.http = http
        self._sender = Sender(
            desk=http.desk,
            peers=http.peers,
            protocol=http.name,
            side=side,
            direction=direction,
            clock=lambda: http.time,
        )
        self._body: Body | None = None

    def body(self, data: bytes) -> None:
        if self._body:
            self._body.write(data)

    def body_hole(self, size: int) -> None:
        if self._body:
            self._body.skip(size)

    def end(self, *, missing_end: int) -> None:
        if self._body:
            self._body.finish(missing_end=missing_end)
        self._body = None

    def tunnel(self, data: bytes, time: float) -> None:
        self.http.tunnel(self._sender.side, data, time)

    def open_body(self, message: Message, request: Message | None) -> None:
        """Begin the object or objects of a body."""
        self._body = Body(self._sender, message, request, self.http.uri_of(request))


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
