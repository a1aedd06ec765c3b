"""NFS of all versions, over TCP and UDP: files written to exports and read from them, as far as not encrypted."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.channels import nfs3, nfs4
from forensics.channels.base import Channel, Claim, Heads, Peers
from forensics.channels.datagrams import DatagramChannel
from forensics.channels.desk import Desk
from forensics.channels.losses import Losses
from forensics.channels.nfs3 import Session
from forensics.channels.nfs_files import NfsFiles
from forensics.channels.rpc import CALL, NFS, Call, Rpc
from forensics.channels.tape import Reading, Tape, Tapes

_LAST_MARK, _CALL_BYTES = 0x80, 16
_REPLY = b"\0\0\0\1\0\0\0\0"


class _Calls:
    """Calls and replies of one connection."""

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        self._desk = desk
        self._session = Session(peers, client, desk.shelf(NfsFiles))
        self.losses = Losses()
        self.rpc = Rpc(self._called, self.losses.add)

    def finish(self, time: float) -> None:
        """The connection is over, and so are files that went over no other."""
        self.rpc.finish(time)
        self._session.files.over(self._session.peers.key)
        self.losses.lay_down(self._desk, self._session.peers, "nfs")

    def _called(self, call: Call, tape: Tape) -> Reading[None]:
        if call.program == NFS and call.version == 4:
            return nfs4.called(self._session, call, tape)
        return nfs3.called(self._session, call, tape)


class Nfs(Channel):
    """One connection of records."""

    name = "nfs"

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        super().__init__(peers, client, desk)
        self._calls = _Calls(peers, client, desk)
        self._tapes = Tapes(lambda _side, tape: self._calls.rpc.stream(tape), self._calls.losses)

    @classmethod
    def claims(cls, heads: Heads) -> Claim:
        """A call of NFS or of the program that mounts; a reply does not say what it replies to."""
        claims = [_claim(head) for head in heads]
        if True in claims:
            return Claim.by(claims.index(True))
        return Claim.NO if False in claims else Claim.MAYBE

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""
        self._tapes.push(side, chunk, time)

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        self._tapes.hole(side, size, time)

    def closed(self, side: int, time: float) -> None:
        """The connection is over when both sides have ended."""
        if self._tapes.end(side, time):
            self._calls.finish(time)


class NfsDatagrams(DatagramChannel):
    """Calls and replies in datagrams, each in one."""

    name = "nfs-datagrams"

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        super().__init__(peers, client, desk)
        self._calls = _Calls(peers, client, desk)
        self._passed = [0, 0]

    @classmethod
    def claims(cls, held: Sequence[tuple[int, bytes]], transport: str) -> Claim:
        """A call of NFS or of the program that mounts."""
        if transport != "udp":
            return Claim.NO
        side, payload = held[-1]
        return Claim.by(side) if CALL.match(payload) else Claim.MAYBE

    def datagram(self, side: int, payload: bytes, length: int, time: float) -> None:
        """Take one message."""
        message = self._calls.rpc.message(self._passed[side])
        self._passed[side] += length
        message.push(payload, time)
        if length > len(payload):
            message.hole(length - len(payload), time)

    def over(self, time: float) -> None:
        """Nothing was heard for long."""
        self._calls.finish(time)


def _claim(head: bytes) -> bool | None:
    """Whether a side begins with a call; None where it may still be one, or is the other side of one."""
    if len(head) < 4 + _CALL_BYTES:
        return None if head[:1] in (b"", b"\x80") else False
    if head[0] == _LAST_MARK and CALL.match(head[4:]):
        return True
    return None if head[0] == _LAST_MARK and head[8:16] == _REPLY else False
