"""One connection from its first byte: held until a channel claims it, then told on to that channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto

from forensics.channels.base import Channel, Claim, Peers, Stretches, opaque
from forensics.channels.bursts import HEAD_BYTES, Burst, goes_over_to_tls, may_begin_message
from forensics.channels.desk import Desk, Listens

HELD_LIMIT_BYTES = 256 << 10
"""What an unclaimed connection keeps, for a channel that recognises it late or an announcement that comes late."""
OPAQUE_BYTES = 1024
"""A connection that no channel knows is told of from this size on."""


class _Kind(Enum):
    DATA = auto()
    HOLE = auto()
    CLOSED = auto()


_Held = tuple[_Kind, int, bytes | int, float]


class Conversation(Listens):
    """Guesses the channel from the first bytes of either side; until then it holds what came, within bounds."""

    def __init__(
        self,
        peers: Peers,
        desk: Desk,
        kinds: Sequence[type[Channel]],
        began: float = 0.0,
        *,
        transport: str = "tcp",
        keep: Callable[[Conversation, float], bool] = lambda _talk, _time: False,
    ) -> None:
        """`keep` is asked, when it ends and is nobody's for certain, whether it is to wait for an announcement."""
        self.peers = peers
        self.transport = transport
        self.began = began
        self._desk = desk
        self._kinds = kinds
        self._open = list(kinds)
        self._heads = [b"", b""]
        self._held: list[_Held] = []
        self._held_bytes = 0
        self._is_whole = True
        self._channel: Listens | None = None
        self._stretches = Stretches()
        self._burst = Burst()
        self._keep = keep
        self._is_kept = False
        self._counts: tuple[int, int, float] | None = None

    @property
    def is_claimed(self) -> bool:
        """Say whether a channel has taken it."""
        return self._channel is not None

    @property
    def is_interested(self) -> bool:
        """Say whether an object may still come of it: a channel has it, or one may yet claim all that came."""
        return self.can_be_adopted or (self._channel is not None and self._channel.is_interested)

    @property
    def can_be_adopted(self) -> bool:
        """Say whether an announcement that came late can still have every byte of it."""
        return self._is_whole and (self._channel is None or self._channel.is_guess)

    @property
    def may_announce(self) -> bool:
        """Say whether other connections may still be announced in it."""
        if self._counts:
            return False
        return self._channel.announces if self._channel else any(kind.announces for kind in self._open)

    @property
    def held_bytes(self) -> int:
        """Bytes held for a late claim."""
        return self._held_bytes

    def adopt(self, channel: Listens) -> None:
        """Give the conversation to who listens to it, and tell all that came before; who only guessed loses it."""
        self._channel = channel
        for kind, side, what, time in self._held:
            if kind is _Kind.DATA and isinstance(what, bytes):
                channel.data(side, what, time)
            elif kind is _Kind.HOLE and isinstance(what, int):
                channel.hole(side, what, time)
            else:
                channel.closed(side, time)
        if not channel.is_guess:
            self._let_go()
        if self._counts:
            channel.counted(*self._counts)

    def forget(self) -> None:
        """Hold nothing any more; it cannot be adopted afterwards, and who guessed is told of its end."""
        is_kept, held = self._is_kept, self._let_go()
        if not is_kept:
            return
        for kind, side, _, time in held if self._channel else ():
            if kind is _Kind.CLOSED and self._channel:
                self._channel.closed(side, time)
        if self._counts:
            self.counted(*self._counts)

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""
        is_claimed = self.is_claimed
        if self._channel:
            self._channel.data(side, chunk, time)
        self._hold(_Kind.DATA, side, chunk, time, len(chunk))
        if not is_claimed:
            self._recognise(side, chunk, time)
        self._bound()

    def _recognise(self, side: int, chunk: bytes, time: float) -> None:
        if self._open and len(self._heads[side]) < HEAD_BYTES:
            self._heads[side] += chunk[: HEAD_BYTES - len(self._heads[side])]
            self._guess()
        if self.glance(side, chunk, time) and self._channel:
            self._channel.data(side, chunk, time)

    def glance(self, side: int, head: bytes, time: float) -> bool:
        """Say of what a side sent since it began a burst whether a message begins with it: then that is heard.

        So a connection joined in its middle is recognised, and one that goes over to TLS.
        """
        if self._channel:
            return False
        before = self._burst.take(side, head, time)
        burst = before + head
        is_guessed = self._open and len(self._heads[side]) < HEAD_BYTES
        if is_guessed and not goes_over_to_tls(burst):
            return False
        if not may_begin_message(burst, before) or burst == self._heads[side]:
            return False
        heads = (burst[:HEAD_BYTES], b"") if side == 0 else (b"", burst[:HEAD_BYTES])
        for kind in self._kinds:
            claim = kind.claims(heads)
            if claim in (Claim.SIDE_0_IS_CLIENT, Claim.SIDE_1_IS_CLIENT):
                self._claimed(kind(self.peers, claim.value, self._desk), side, before, time)
                return True
        return False

    def _claimed(self, channel: Channel, side: int, before: bytes, time: float) -> None:
        """Give the conversation to a channel from here on."""
        self.forget()
        self._channel = channel
        if before:
            channel.data(side, before, time)

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        if self._channel:
            self._channel.hole(side, size, time)
        self._hold(_Kind.HOLE, side, size, time, 0)
        self._bound()
        if self._channel is None and len(self._heads[side]) < HEAD_BYTES:
            self._open = []

    def closed(self, side: int, time: float) -> None:
        """Take note that a side sends no more."""
        if self._channel and not self._waits(time):
            self.forget()
            self._channel.closed(side, time)
        else:
            self._hold(_Kind.CLOSED, side, 0, time, 0)

    def paused(self, side: int, size: int, began: float, ended: float) -> None:
        """Take note that a side paused; told once it is sure that no channel wants what it said."""
        if self._channel:
            self._channel.paused(side, size, began, ended)
            return
        self._stretches.add(side, size, began, ended)
        if not self.can_be_adopted:
            self._tell_stretches()

    def counted(self, up: int, down: int, time: float) -> None:
        """Take note, at the very end, of how many payload bytes side 0 and side 1 sent."""
        self._counts = up, down, time
        if self._waits(time):
            return
        if self._channel is None:
            self._tell_stretches()
        if self._channel:
            self._channel.counted(up, down, time)
        elif up + down >= OPAQUE_BYTES:
            self._desk.emit(opaque(self.peers, self.began, time, up=up, down=down))

    def _waits(self, time: float) -> bool:
        """Say whether it is kept for an announcement that may come late."""
        self._is_kept = self.can_be_adopted and (self._is_kept or self._keep(self, time))
        return self._is_kept

    def _let_go(self) -> list[_Held]:
        held, self._held, self._held_bytes = self._held, [], 0
        self._is_whole = self._is_kept = False
        return held

    def _tell_stretches(self) -> None:
        self._stretches.tell(self._desk, self.peers, protocol="", name="", facts={})

    def _hold(self, kind: _Kind, side: int, what: bytes | int, time: float, size: int) -> None:
        self.began = self.began or time
        if self._is_whole:
            self._held_bytes += size
            self._held.append((kind, side, what, time))

    def _bound(self) -> None:
        """Hold no more than that."""
        if self._held_bytes > HELD_LIMIT_BYTES or len(self._held) > HELD_LIMIT_BYTES >> 4:
            self._open = []
            self.forget()

    def _guess(self) -> None:
        heads = (self._heads[0], self._heads[1])
        still: list[type[Channel]] = []
        for kind in self._open:
            claim = kind.claims(heads)
            if claim is Claim.MAYBE:
                still.append(kind)
            elif claim is not Claim.NO:
                self.adopt(kind(self.peers, claim.value, self._desk))
                return
        self._open = still
