"""TFTP (RFC 1350, options of RFC 2347 to 7440): write and read requests, blocks in lockstep or in windows."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from forensics.channels.base import Claim, End, Peers
from forensics.channels.datagrams import DatagramChannel
from forensics.channels.desk import Desk, Expectation
from forensics.channels.draft import Draft
from forensics.channels.headers import text
from forensics.model import Direction

_READ, _WRITE, _DATA, _ACK, _ERROR, _OPTIONS = range(1, 7)
_MODES = frozenset({b"octet", b"netascii", b"mail"})
_BLOCK_BYTES = 512
_REQUEST_LIMIT = 2048
_AHEAD_BLOCKS = 64
_REPEAT_S = 30.0


class Transfer:
    """One file over UDP from its request to the block that is shorter than the rest."""

    def __init__(self, peers: Peers, request: bytes, time: float, desk: Desk) -> None:
        fields = request[2:].split(b"\0")
        opcode = struct.unpack_from("!H", request)[0]
        self._is_write = opcode == _WRITE
        self._request = request
        self._peers = peers
        self._server_port: int | None = None
        self._block_bytes = _BLOCK_BYTES
        self._next = 1
        self._ahead: dict[int, tuple[bytes, int]] = {}
        self.time = time
        self.is_over = False
        self.is_elsewhere = False
        """Whether it goes on between other ends than the request's."""
        name = text(fields[0])
        self._draft = Draft(
            desk,
            peers,
            protocol="tftp",
            sender=0 if self._is_write else 1,
            direction=Direction.UP if self._is_write else Direction.DOWN,
            time=time,
            position=0,
            name=name.replace("\\", "/").rsplit("/", 1)[-1],
            uri=f"tftp://{peers.name(1)}/{name.lstrip('/')}",
        )

    def is_repeated(self, request: bytes, time: float) -> bool:
        """Say whether a request is only sent again."""
        return request == self._request and self._next == 1 and time - self.time < _REPEAT_S

    def take(self, ends: tuple[End, End], payload: bytes, length: int, time: float) -> bool:
        """Take a datagram between the two machines; False when it is not of this transfer."""
        client, server = self._peers.ends
        is_from_client = ends[0] == client
        other = ends[1] if is_from_client else ends[0]
        if other[0] != server[0] or (self._server_port not in (None, other[1])) or len(payload) < 4:
            return False
        opcode, block = struct.unpack_from("!HH", payload)
        if not _DATA <= opcode <= _OPTIONS:
            return False
        if not is_from_client:
            self._server_port = other[1]
        self.time = time
        if opcode == _OPTIONS:
            self._agree(payload)
        elif opcode == _ERROR:
            self.finish()
        elif opcode == _DATA and is_from_client == self._is_write:
            self._block(block, payload[4:], length - len(payload))
        return True

    def finish(self) -> None:
        """Nothing more comes."""
        while self._ahead:
            self._draft.skip(self._block_bytes)
            self._next += 1
            self._deliver()
        if not self.is_over:
            self.is_over = True
            self._draft.finish()

    def _agree(self, payload: bytes) -> None:
        fields = payload[2:].split(b"\0")
        options = dict(zip(map(bytes.lower, fields[::2]), fields[1::2], strict=False))
        size = options.get(b"blksize", b"")
        if size.isdigit() and 8 <= int(size[:6]) <= 65_464:
            self._block_bytes = int(size[:6])

    def _block(self, number: int, data: bytes, cut: int) -> None:
        ahead = (number - self._next) % 65_536
        if ahead < _AHEAD_BLOCKS:
            self._ahead.setdefault(self._next + ahead, (data, max(0, cut)))
            self._deliver()

    def _deliver(self) -> None:
        while self._next in self._ahead:
            data, cut = self._ahead.pop(self._next)
            self._next += 1
            self._draft.write(data)
            self._draft.skip(cut)
            if len(data) + cut < self._block_bytes:
                self._ahead.clear()
                self.finish()


@dataclass(slots=True)
class _Answering(Expectation):
    """The server answers a request from a port of its own."""

    transfer: Transfer
    server: str
    transport: ClassVar[str] = "udp"

    def take(self, peers: Peers, listening: int, desk: Desk) -> DatagramChannel | None:
        """The channel of the new pair, which must be between the two machines of the request."""
        if peers.ends[1 - listening][0] != self.server:
            return None
        self.transfer.is_elsewhere = True
        return TftpData(peers, listening, desk, self.transfer)


class Tftp(DatagramChannel):
    """The pair of ends that requests are sent between; small servers answer there too."""

    name = "tftp"

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        super().__init__(peers, client, desk)
        self._transfer: Transfer | None = None

    @classmethod
    def claims(cls, held: Sequence[tuple[int, bytes]], transport: str) -> Claim:
        """A request."""
        side, payload = held[-1]
        return Claim.by(side) if transport == "udp" and _is_request(payload) else Claim.MAYBE

    def datagram(self, side: int, payload: bytes, length: int, time: float) -> None:
        """Take a request, or what belongs to the last one."""
        ends = self.peers.ends if side == 0 else self.peers.ends[::-1]
        if not _is_request(payload):
            if self._transfer:
                self._transfer.take(ends, payload, length, time)
            return
        if self._transfer and self._transfer.is_repeated(payload, time):
            return
        self.over(time)
        (client, port), (server, server_port) = ends
        key = f"udp/{client}:{port}>{server}:{server_port}@{time:.6f}"
        self._transfer = Transfer(Peers(key=key, ends=ends), payload, time, self.desk)
        self.desk.expect(ends[0], _Answering(self._transfer, server))

    def over(self, time: float) -> None:
        """Nothing more comes here; what goes on at another port ends there."""
        if self._transfer and not self._transfer.is_elsewhere:
            self._transfer.finish()


class TftpData(DatagramChannel):
    """The pair of ends that a file goes between."""

    name = "tftp-data"

    def __init__(self, peers: Peers, client: int, desk: Desk, transfer: Transfer) -> None:
        super().__init__(peers, client, desk)
        self._transfer = transfer

    @classmethod
    def claims(cls, held: Sequence[tuple[int, bytes]], transport: str) -> Claim:
        """Never guessed, only announced."""
        return Claim.NO

    @property
    def is_interested(self) -> bool:
        """Say whether more of the file may come."""
        return not self._transfer.is_over

    def datagram(self, side: int, payload: bytes, length: int, time: float) -> None:
        """Take one block or answer."""
        self._transfer.take(self.peers.ends if side == 0 else self.peers.ends[::-1], payload, length, time)

    def over(self, time: float) -> None:
        """The file ends where it is."""
        self._transfer.finish()


def _is_request(payload: bytes) -> bool:
    if len(payload) > _REQUEST_LIMIT or payload[:2] not in (b"\0\1", b"\0\2"):
        return False
    fields = payload[2:].split(b"\0")
    return len(fields) >= 3 and bool(fields[0]) and fields[1].lower() in _MODES
