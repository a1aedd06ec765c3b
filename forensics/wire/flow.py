"""One TCP connection: who listens, how far each side is, and what waits for earlier bytes or for its turn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from forensics.model import Gap
from forensics.wire.ordering import Ordering
from forensics.wire.stretches import Stretches
from forensics.wire.turns import WAIT_S, Said, Turns

if TYPE_CHECKING:
    from forensics.wire.streams import Listener

HEAD_BYTES = 4096
"""What is looked at of a run that nobody is interested in, lest a message begins there."""
PATIENCE_S = 15.0
"""How long later bytes wait for earlier ones before these count as lost."""
LINGER_S = 2.0
"""How long a connection that was reset or whose both sides have ended waits for what is missing."""
ANSWERED_BYTES = 1 << 16
"""How much may come behind what the other side has and the tap has not, until that counts as lost."""
REMEMBERED_BYTES = 2048
"""Of what a side sent last, kept to see whether bytes sent again are the same."""


class Flow:
    """A connection. As long as it is in order it has no orderings; then it has one for each side that has begun."""

    __slots__ = (
        "_answered",
        "_is_ending",
        "_is_fresh",
        "_resets",
        "_shown",
        "_shown_side",
        "_turns",
        "began",
        "counts",
        "generation",
        "is_reset",
        "listener",
        "losses",
        "name",
        "sides",
        "slot",
        "stretches",
        "tails",
        "told_closed",
        "waits",
        "weight",
    )

    def __init__(self, slot: int, generation: int, listener: Listener, name: str, began: float) -> None:
        self.slot = slot
        self.generation = generation
        self.listener = listener
        self.name = name
        self.began = began
        self.sides: list[Ordering | None] = [None, None]
        self.tails = [b"", b""]
        self.told_closed = [False, False]
        self.counts: tuple[int, int] = 0, 0
        self.losses: dict[str, Gap] = {}
        self.stretches = Stretches()
        self.weight = 0
        """Waiting bytes as they were counted last."""
        self.waits = True
        """Whether answers wait for what they answer; not after the tap has once lost that."""
        self.is_reset = False
        """Whether it is over but for what is missing."""
        self._answered: list[tuple[int, float] | None] = [None, None]
        self._resets = [-1, -1]
        self._turns: Turns | None = None
        self._is_ending = [False, False]
        self._is_fresh = [False, False]
        self._shown, self._shown_side = 0, -1

    def is_calm(self, side: int) -> bool:
        """Say whether a side is in order: alone, or together with the other one where either waits for the other."""
        if self.is_reset or max(self._resets) >= 0 or (self._turns and self._turns.is_waiting):
            return False
        return not (self._is_missing if self.waits else self._is_torn(side))

    @property
    def _is_missing(self) -> bool:
        return bool(self._turns and self._turns.is_waiting) or self._is_torn(0) or self._is_torn(1)

    def _is_torn(self, side: int) -> bool:
        ordering = self.sides[side]
        return ordering is not None and (ordering.is_waiting or (ordering.has_end and not ordering.is_ended))

    @property
    def is_over(self) -> bool:
        """Say whether both sides are told closed."""
        return all(self.told_closed)

    @property
    def waiting_bytes(self) -> int:
        """Bytes held because something before them is missing."""
        return sum(side.pending_bytes for side in self.sides if side) + (self._turns.bytes if self._turns else 0)

    def lose(self, cause: str, time: float, size: int) -> None:
        """Note a loss; losses of one cause are one Gap, told when the connection is over."""
        known = self.losses.get(cause)
        self.losses[cause] = Gap(
            sensor="wire",
            channel="network",
            start=known.start if known else time,
            end=time,
            cause=cause,
            size=size + (known.size if known else 0),
            detail=self.name,
        )

    def is_shown(self, side: int, *, is_fresh: bool) -> bool:
        """Say whether what comes next of a burst is to be glanced at where nobody is interested."""
        if is_fresh or side != self._shown_side:
            self._shown_side, self._shown = side, 0
        return self._shown < HEAD_BYTES

    def glance(self, side: int, head: bytes, time: float) -> bool:
        """Show the listener what comes next of a burst; True when it wants it after all."""
        self._shown += len(head)
        return self.listener.glance(side, head, time)

    def order(self, side: int, expected: int) -> Ordering:
        """The ordering of a side, which until now was in order and expects that sequence number."""
        ordering = self.sides[side]
        if ordering is None:
            ordering = self.sides[side] = Ordering(expected, self.tails[side])
            self._turns = self._turns or Turns()
            if self.told_closed[side]:
                self._turns.skip(side)
        return ordering

    def speed_up(self) -> None:
        """Both sides are in order again."""
        self._turns = None

    def push(
        self, side: int, offset: int, payload: bytes, length: int, *, after: int, time: float, is_fresh: bool
    ) -> None:
        """Take a segment of a side that has an ordering; see `Ordering.push`."""
        ordering = self.sides[side]
        if ordering is None or self._is_ending[side] or self.told_closed[side]:
            return
        conflicts = ordering.conflicts
        self._add(side, ordering.push(offset, payload, length, time, after), time, is_fresh=is_fresh)
        if ordering.conflicts > conflicts:
            self.lose("conflicting overlap", time, ordering.conflicts - conflicts)
        while ordering.is_overfull:
            self._give_up(side, time)

    def acknowledge(self, side: int, offset: int, now: float) -> None:
        """The other side has what this one sent up to `offset`: it is not sent again, so that what does not come soon,
        as where a tap has several queues, the tap has lost.
        """
        ordering, since = self.sides[side], self._answered[side]
        if ordering is None or not ordering.is_waiting or offset < ordering.resumes_at:
            return
        is_soon = since is not None and ordering.next < since[0] and now - since[1] <= WAIT_S
        if is_soon and ordering.pending_bytes <= ANSWERED_BYTES:
            return
        while since is not None and ordering.is_waiting and ordering.resumes_at <= since[0]:
            self._give_up(side, now)
            self.waits = False
        self._answered[side] = offset, now
        self.settle(now, now)

    def reset(self, side: int, offset: int) -> None:
        """A side broke the connection off behind its bytes up to `offset`; anywhere else it was not this side."""
        ordering = self.sides[side]
        if ordering and (offset == ordering.next or ordering.has_end):
            self.is_reset = True
        elif ordering and offset > ordering.next:
            self._resets[side] = offset

    def settle(self, time: float, now: float) -> None:
        """Tell what can be told by now, as of `time`: answers that have waited too long, ends and resets included."""
        self._tell_in_turn(time, now)
        for side, ordering in enumerate(self.sides):
            if ordering and ordering.next >= self._resets[side] >= 0:
                self.is_reset |= ordering.next == self._resets[side] and not ordering.is_waiting
                self._resets[side] = -1
        if self.is_reset and not self._is_missing:
            for side in (0, 1):
                self.close(side, time)

    def _tell_in_turn(self, time: float, now: float) -> None:
        self._end(time)
        while self._turns and (found := self._turns.overdue(now)) is not None:
            side, upto = found
            while (ordering := self.sides[side]) and ordering.is_waiting and ordering.resumes_at <= upto:
                self._give_up(side, time)
            self._turns.stop_waiting()
            self.waits = False
            self._end(time)

    def lose_patience(self, now: float, last: float, *, are_ended: Sequence[bool]) -> None:
        """Give up what others have waited for too long; `last` is when the connection was heard of last."""
        is_ending = self.is_reset or all(are_ended)
        for side, ordering in enumerate(self.sides):
            since = max(ordering.pending_since, last if is_ending else 0.0) if ordering else now
            if ordering and ordering.is_waiting and now - since > (LINGER_S if is_ending else PATIENCE_S):
                self._drain_side(side, now)
        self.settle(now, now)
        if now - last > LINGER_S:
            self._resets = [-1, -1]
            for side in (0, 1) if self.is_reset else ():
                self.close(side, now)

    def drain(self, time: float) -> None:
        """Tell everything that waits."""
        for side in (0, 1):
            self._drain_side(side, time)
        self.settle(time, math.inf)

    def close(self, side: int, time: float) -> None:
        """A side sends no more."""
        if not self.told_closed[side]:
            self.told_closed[side] = True
            self.listener.closed(side, time)

    def _drain_side(self, side: int, time: float) -> None:
        while (ordering := self.sides[side]) is not None and ordering.is_waiting:
            self._give_up(side, time)

    def _give_up(self, side: int, time: float) -> None:
        ordering = self.sides[side]
        assert ordering is not None
        self._add(side, ordering.give_up(), time)
        ordering.pending_since = time

    def _add(self, side: int, pieces: Iterator[bytes | int], time: float, *, is_fresh: bool = False) -> None:
        ordering, turns = self.sides[side], self._turns
        assert ordering is not None
        assert turns is not None
        for piece in pieces:
            turns.add(side, Said(piece, ordering.after, time, is_fresh or self._is_fresh[side]))
            is_fresh = self._is_fresh[side] = False
        self._is_fresh[side] |= is_fresh
        self._tell()

    def _end(self, time: float) -> None:
        """Put the end of a side behind its last byte."""
        for side, ordering in enumerate(self.sides):
            if ordering and self._turns and ordering.is_ended and not self._is_ending[side]:
                self._is_ending[side] = True
                self._turns.add(side, Said(None, ordering.ends_after, time))
        self._tell()

    def _tell(self) -> None:
        while self._turns and (turn := self._turns.take()) is not None:
            side, said = turn
            if said.what is None:
                self.close(side, said.time)
                continue
            self.stretches.add(side, said.size, said.time, self.listener.paused)
            if isinstance(said.what, int):
                self.lose("lost packets", said.time, said.what)
                self.listener.hole(side, said.what, said.time)
            else:
                self._tell_bytes(side, said.what, said.time, is_fresh=said.is_fresh)

    def _tell_bytes(self, side: int, piece: bytes, time: float, *, is_fresh: bool) -> None:
        is_heard = self.listener.is_interested
        if is_heard or (self.is_shown(side, is_fresh=is_fresh) and self.glance(side, piece[:HEAD_BYTES], time)):
            self.listener.data(side, piece, time)
        self.tails[side] = (self.tails[side] + piece)[-REMEMBERED_BYTES:]
