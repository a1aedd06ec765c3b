"""One stream of HTTP/2 or HTTP/3: a request and its answer, each with fields and a body."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.channels.base import Peers, opaque
from forensics.channels.conversation import OPAQUE_BYTES
from forensics.channels.desk import Desk, Listens
from forensics.channels.headers import Headers, text
from forensics.channels.http_bodies import Body, Sender, note_answer
from forensics.channels.http_messages import Message, content_length
from forensics.model import Direction

_TUNNELS = {"": "", "websocket": "websocket"}
"""What an extended CONNECT (RFC 8441) asks for, and what it is read as; the empty one is a plain CONNECT."""


class Carrier:
    """The connection streams belong to: where their objects go and who sends them."""

    def __init__(self, desk: Desk, peers: Peers, client: int, protocol: str) -> None:
        self.desk = desk
        self.peers = peers
        self.client = client
        self.time = 0.0
        """When what is told now was seen."""
        up, down = (
            Sender(desk=desk, peers=peers, protocol=protocol, side=side, direction=direction, clock=lambda: self.time)
            for side, direction in ((client, Direction.UP), (1 - client, Direction.DOWN))
        )
        self.senders = (down, up) if client else (up, down)


class Stream:
    """What is known of a stream; `number` tells it from others, for the key of a tunnel in it."""

    def __init__(self, carrier: Carrier, number: int) -> None:
        self._carrier = carrier
        self._number = number
        self._request: Message | None = None
        self._messages: list[Message | None] = [None, None]
        self._bodies: list[Body | None] = [None, None]
        self._is_over = [False, False]
        self._inner: Listens | None = None
        self._is_tunnel = False
        self._tunnelled = [0, 0]

    @property
    def is_over(self) -> bool:
        """Say whether neither side sends more."""
        return all(self._is_over)

    def is_sending(self, side: int) -> bool:
        """Say whether more of a side's body may come."""
        return not self._is_over[side]

    def ask(self, request: Message) -> None:
        """Take note of a request that was not sent on this stream: an upgrade's, or a promise of the server."""
        self._request = request
        self._is_over[self._carrier.client] = True

    def fields(self, side: int, message: Message) -> None:
        """A side's fields have come; later ones of the same side are trailers."""
        carrier, request = self._carrier, self._request
        if side != carrier.client and request:
            note_answer(
                carrier.desk, carrier.peers, carrier.client, request=request, answer=message, uri=request.target
            )
        is_interim = 0 < message.status < 200
        if self._messages[side] is not None or self._is_over[side] or is_interim:
            return
        self._messages[side] = message
        if side == carrier.client:
            self._request = message
            if message.method == "CONNECT":
                self._open_tunnel(message)
        elif self._is_tunnel and not 200 <= message.status < 300:
            self._is_tunnel, self._inner = False, None

    def data(self, side: int, data: bytes, *, offset: int) -> None:
        """Bytes of a side's body, which begins at `offset` of the connection if no fields were seen."""
        if self._is_over[side]:
            return
        if self._is_tunnel:
            self._tunnelled[side] += len(data)
            if self._inner:
                self._inner.data(side, data, self._carrier.time)
            return
        self._body(side, offset).write(data)

    def hole(self, side: int, size: int, *, offset: int) -> None:
        """Bytes of a side's body never seen."""
        if self._is_over[side] or size <= 0:
            return
        if self._is_tunnel:
            self._tunnelled[side] += size
            if self._inner:
                self._inner.hole(side, size, self._carrier.time)
            return
        self._body(side, offset).skip(size)

    def left(self, side: int) -> int | None:
        """How many bytes of a side's body are to come; None where that was not announced."""
        message, body = self._messages[side], self._bodies[side]
        length = content_length(message.headers) if message else None
        return None if length is None else max(0, length - (body.size if body else 0))

    def end(self, side: int, *, is_torn: bool = False) -> None:
        """A side sends no more on this stream; `is_torn` when it broke off."""
        if self._is_over[side]:
            return
        left = self.left(side)
        self._is_over[side] = True
        if self._inner:
            self._inner.closed(side, self._carrier.time)
        if self._is_tunnel and self.is_over:
            self._count_tunnel()
        body, self._bodies[side] = self._bodies[side], None
        message = self._messages[side]
        if body is None and is_torn and left and message and self._has_body(side, message):
            body = self._open(side, message)
        if body:
            body.finish(missing_end=int(is_torn) if left is None else left)

    def _has_body(self, side: int, message: Message) -> bool:
        is_asked = self._request is not None and self._request.method == "HEAD"
        return not self._is_tunnel and (side == self._carrier.client or not (is_asked or message.status in (204, 304)))

    def _body(self, side: int, offset: int) -> Body:
        body = self._bodies[side]
        if body is None:
            message = self._messages[side] or Message(
                time=self._carrier.time, offset=offset, headers=Headers(), version=""
            )
            body = self._bodies[side] = self._open(side, message)
        return body

    def _open(self, side: int, message: Message) -> Body:
        uri = self._request.target if self._request else ""
        if not uri:
            uri = f"http://{self._carrier.peers.name(1 - self._carrier.client)}/"
        return Body(self._carrier.senders[side], message, self._request, uri)

    def _open_tunnel(self, request: Message) -> None:
        self._is_tunnel = True
        protocol = _TUNNELS.get(request.headers.get("connect-protocol"))
        if protocol is not None:
            self._inner = self._carrier.desk.converse(
                self._tunnel_peers, protocol=protocol, client=self._carrier.client, uri=request.target
            )

    @property
    def _tunnel_peers(self) -> Peers:
        return Peers(key=f"{self._carrier.peers.key}/tunnel{self._number}", ends=self._carrier.peers.ends)

    def _count_tunnel(self) -> None:
        """Tell what is inside how much it was; where nobody reads it, that there was so much."""
        up, down = self._tunnelled
        request, now = self._request, self._carrier.time
        if self._inner:
            self._inner.counted(up, down, now)
        elif request and up + down >= OPAQUE_BYTES:
            protocol, name = request.headers.get("connect-protocol"), request.target
            self._carrier.desk.emit(
                opaque(self._tunnel_peers, request.time, now, up=up, down=down, protocol=protocol, name=name)
            )


def message_of(fields: Sequence[tuple[bytes, bytes]], *, time: float, offset: int, version: str) -> Message:
    """The message whose fields, pseudo fields first (RFC 9113, section 8.3), have come.

    Its target is the whole address asked for, empty where that is not known.
    """
    pseudo = {name: text(value) for name, value in fields if name.startswith(b":")}
    plain = [(name, value) for name, value in fields if not name.startswith(b":")]
    if b":protocol" in pseudo:
        plain.append((b"connect-protocol", pseudo[b":protocol"].encode()))
    headers = Headers(b"\n".join(name + b": " + _in_one_line(value) for name, value in plain))
    status = pseudo.get(b":status", "")
    authority = pseudo.get(b":authority") or headers.get("host")
    path = pseudo.get(b":path", "")
    return Message(
        time=time,
        offset=offset,
        headers=headers,
        version=version,
        method=pseudo.get(b":method", ""),
        target=f"{pseudo.get(b':scheme', 'http')}://{authority}{path}" if authority else path,
        status=int(status) if status.isascii() and status.isdigit() and len(status) == 3 else 0,
    )


def _in_one_line(value: bytes) -> bytes:
    return value.replace(b"\r", b" ").replace(b"\n", b" ")
