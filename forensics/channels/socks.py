"""SOCKS 4, 4a and 5 (RFC 1928, 1929): the conversation inside is read as if it stood alone."""

from __future__ import annotations

from forensics.channels.base import Channel, Claim, Heads, Peers, first_claim
from forensics.channels.desk import Desk
from forensics.channels.tunnel import Tunnel

HANDSHAKE_LIMIT = 2048


class Socks(Channel):
    """Strips the handshake off both sides; what follows is guessed afresh."""

    name = "socks"

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        super().__init__(peers, client, desk)
        self._heads = {client: b"", 1 - client: b""}
        self._is_open = False
        self._is_over = False
        self._inner: Tunnel | None = None

    @classmethod
    def claims(cls, heads: Heads) -> Claim:
        """A SOCKS request answered as one."""
        return first_claim((_claim(heads[0], heads[1], 0), _claim(heads[1], heads[0], 1)))

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""
        if self._inner:
            self._inner.data(side, chunk, time)
        if self._is_over or self._is_open:
            return
        self._heads[side] += chunk
        self._shake(time)
        if max(map(len, self._heads.values())) > HANDSHAKE_LIMIT:
            self._is_over = True

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        if self._inner:
            self._inner.hole(side, size, time)
        elif not self._is_open:
            self._is_over = True

    def closed(self, side: int, time: float) -> None:
        """Take note that a side sends no more."""
        if self._inner:
            self._inner.closed(side, time)

    @property
    def is_interested(self) -> bool:
        """Say whether more bytes matter."""
        return not self._is_over and (self._inner is None or self._inner.is_interested)

    def paused(self, side: int, size: int, began: float, ended: float) -> None:
        """Take note that a side paused."""
        if self._inner:
            self._inner.paused(side, size, began, ended)

    def counted(self, up: int, down: int, time: float) -> None:
        """Take note, at the very end, of how many payload bytes side 0 and side 1 sent."""
        if self._inner:
            self._inner.counted(up, down, time)

    def _shake(self, time: float) -> None:
        """Find where both sides' handshakes end; what lies behind belongs to the conversation inside."""
        mine, theirs = self._heads[self.client], self._heads[1 - self.client]
        ends = _version_4(mine, theirs) if mine[:1] == b"\x04" else _version_5(mine, theirs)
        if ends is None:
            return
        self._is_open = True
        self._inner = Tunnel(self.desk, self.peers, client=self.client)
        for side, end in ((self.client, ends[0]), (1 - self.client, ends[1])):
            self._inner.before[side] = end
            if len(self._heads[side]) > end:
                self._inner.data(side, self._heads[side][end:], time)


def _version_4(mine: bytes, theirs: bytes) -> tuple[int, int] | None:
    """Lengths of both handshakes, or None while they are incomplete or refused."""
    user_end = mine.find(b"\0", 8) + 1
    if len(mine) < 9 or not user_end or len(theirs) < 8 or theirs[:2] != b"\0\x5a":
        return None
    if mine[4:7] == b"\0\0\0" and mine[7]:
        user_end = mine.find(b"\0", user_end) + 1
    return (user_end, 8) if user_end else None


def _version_5(mine: bytes, theirs: bytes) -> tuple[int, int] | None:
    """Lengths of both handshakes, or None while they are incomplete or refused."""
    if len(mine) < 2 or len(theirs) < 2:
        return None
    at, back = 2 + mine[1], 2
    if theirs[1] == 2:
        if len(mine) < at + 2 or len(mine) < at + 3 + mine[at + 1]:
            return None
        at += 3 + mine[at + 1] + mine[at + 2 + mine[at + 1]]
        back += 2
    elif theirs[1]:
        return None
    request, reply = _address_end(mine, at), _address_end(theirs, back)
    if request is None or reply is None or theirs[back + 1]:
        return None
    return request, reply


def _address_end(data: bytes, at: int) -> int | None:
    """Where a request or reply that begins at `at` ends."""
    if len(data) < at + 5 or data[at] != 5:
        return None
    sizes = {1: 4, 3: 1 + data[at + 4], 4: 16}
    size = sizes.get(data[at + 3])
    if size is None or len(data) < at + 4 + size + 2:
        return None
    return at + 4 + size + 2


def _claim(mine: bytes, theirs: bytes, side: int) -> Claim:
    """What side `side` being the client looks like."""
    if mine[:1] == b"\x05":
        return _claim_5(mine, theirs, side)
    if mine[:2] in (b"\x04\x01", b"\x04\x02"):
        if len(theirs) < 2:
            return Claim.MAYBE if len(mine) < 300 and theirs in (b"", b"\0") else Claim.NO
        return Claim.by(side) if theirs[0] == 0 and 0x5A <= theirs[1] <= 0x5D else Claim.NO
    return Claim.MAYBE if not mine and theirs[:1] in (b"", b"\0", b"\x05") else Claim.NO


def _claim_5(mine: bytes, theirs: bytes, side: int) -> Claim:
    if len(mine) < 2 or len(mine) < 2 + mine[1]:
        return Claim.MAYBE
    if not mine[1]:
        return Claim.NO
    if len(theirs) < 2:
        return Claim.MAYBE if theirs in (b"", b"\x05") else Claim.NO
    return Claim.by(side) if theirs[0] == 5 and theirs[1] in (0, 1, 2) else Claim.NO
