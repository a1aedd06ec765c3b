"""Pieces of one thing that cross in several bodies, over any number of connections, become one object."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from forensics.channels.crossing import Label
from forensics.channels.desk import Desk, Shelf
from forensics.channels.http_ranges import Extent, Key, Promise
from forensics.channels.patchwork import Patchwork

PATIENCE_S = 60.0
"""How long the next piece is waited for."""
LATE_S = 2.0
"""How much later than the first piece a tap may show what created the upload."""
JOIN_LIMIT = 1024
PROMISE_LIMIT = 4096


class Join:
    """One thing in pieces. It is whole when every byte of it is there.

    Where all that came lies in one of the pieces, that piece is the object.
    """

    def __init__(self, desk: Desk, label: Label, key: Key, start: int) -> None:
        self._desk = desk
        self._label = label
        self._work = Patchwork.labelled(desk, label)
        self._base = start if start > desk.object_limit // 2 else 0
        self._pieces = 0
        self._largest = (start, start)
        self._low, self._high = start, start
        self._late = 0
        self._is_over = False
        self._is_promised = False
        self.key = key
        self.total = -1
        self.time = label.time
        """When the last piece began or ended."""
        self.open = 0
        """Pieces under way."""

    @property
    def is_whole(self) -> bool:
        """Say whether nothing is missing."""
        return self.total >= 0 and not self._base and self._work.is_whole and self._work.size >= self.total

    def was_created_by(self, other: Join) -> bool:
        """Say whether another one is only the creation of this one, which came before but was seen after it."""
        is_empty = other._low == other._high
        return is_empty and not self._is_promised and abs(other.time - self._label.time) < LATE_S

    def may_take(self, extent: Extent, time: float) -> bool:
        """Say whether a piece that begins at `time` belongs to this thing."""
        is_other = 0 <= self.total != extent.total >= 0
        is_late = not self.open and time - self.time > PATIENCE_S
        return not is_other and not is_late and extent.start >= self._base

    def learn(self, promise: Promise) -> None:
        """Take what was said of it."""
        self._is_promised |= promise != Promise()
        self._work.name = promise.name or self._work.name
        self._work.media_type = promise.media_type or self._work.media_type
        self.total = promise.total if promise.total >= 0 else self.total

    def begin_piece(self, time: float) -> None:
        """A piece has begun."""
        self._pieces += 1
        self.open += 1
        self.time = time

    def put(self, at: int, data: bytes) -> None:
        """Take bytes that belong at `at`."""
        if self._is_over:
            self._late += len(data)
            return
        self._low = min(self._low, at)
        self._high = max(self._high, at + len(data))
        self._work.write_at(at - self._base, data)

    def end_piece(self, start: int, end: int, time: float) -> None:
        """A piece has ended, which should have gone from `start` to `end`."""
        self.open -= 1
        self.time = time
        self._work.reach(end - self._base)
        if end - start > self._largest[1] - self._largest[0]:
            self._largest = start, end
        if self._late and not self.open:
            label = self._label
            self._desk.lose(
                label.peers,
                channel=label.protocol,
                time=time,
                cause="piece of an object already given",
                size=self._late,
                detail=label.name,
            )

    def finish(self) -> None:
        """Hand it over as far as it came."""
        self._is_over = True
        start, end = self._largest
        is_piece = self._pieces == 1 or (start <= self._low and self._high <= end)
        if self._base or (is_piece and not self.is_whole):
            self._work.finish(origin=max(start, self._base) - self._base if is_piece else 0)
        else:
            self._work.finish(self.total)


class Piece:
    """One body that is a piece of a join."""

    def __init__(self, joins: Joins, join: Join, extent: Extent, clock: Callable[[], float]) -> None:
        self._joins = joins
        self._join = join
        self._extent = extent
        self._at = extent.start
        self._clock = clock

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self._join.put(self._at, data)
        self._at += len(data)

    def skip(self, size: int) -> None:
        """Note that the next `size` bytes were never seen."""
        self._at += size

    def finish(self, *, missing_end: int = 0) -> None:
        """The body has ended, but for `missing_end` bytes."""
        if self._extent.is_last and not missing_end:
            self._join.total = self._at
        self._join.end_piece(self._extent.start, self._at + missing_end, self._clock())
        self._joins.look_at(self._join)


class Joins(Shelf):
    """What is coming in pieces on a network."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._joins: OrderedDict[Key, Join] = OrderedDict()
        self._promises: OrderedDict[Key, Promise] = OrderedDict()

    def piece(self, extent: Extent, label: Label, clock: Callable[[], float]) -> Piece:
        """Begin a piece."""
        join = self._joins.get(extent.key)
        if join and not join.may_take(extent, label.time):
            self._end(extent.key)
            join = None
        if join is None:
            join = self._joins[extent.key] = Join(self.desk, label, extent.key, extent.start)
            join.learn(self._promises.get(extent.key, Promise()))
        if extent.total >= 0:
            join.total = extent.total
        join.begin_piece(label.time)
        self._joins.move_to_end(extent.key)
        self._trim()
        return Piece(self, join, extent, clock)

    def promise(self, key: Key, promise: Promise) -> None:
        """Take note of what was said of an upload."""
        known = self._joins.get(key)
        if known:
            known.learn(promise)
            self.look_at(known)
        self._promises[key] = promise
        self._promises.move_to_end(key)
        if len(self._promises) > PROMISE_LIMIT:
            self._promises.popitem(last=False)

    def move(self, key: Key, to: Key) -> None:
        """What went by `key` goes by `to` from here on."""
        join = self._joins.pop(key, None)
        known = self._joins.get(to)
        if join is not None and not (known and known.was_created_by(join)):
            self._end(to)
            join.key = to
            self._joins[to] = join

    def look_at(self, join: Join) -> None:
        """Hand a join over when it is whole and no piece of it is under way."""
        if join.is_whole and not join.open and self._joins.get(join.key) is join:
            self._end(join.key)

    def flush(self, now: float) -> None:
        """Give up waiting for what has been silent for long."""
        for key, join in list(self._joins.items()):
            if not join.open and now - join.time > PATIENCE_S:
                self._end(key)

    def finish(self) -> None:
        """Nothing more comes."""
        for key in list(self._joins):
            self._end(key)

    def _end(self, key: Key) -> None:
        join = self._joins.pop(key, None)
        if join is not None:
            join.finish()

    def _trim(self) -> None:
        if len(self._joins) > JOIN_LIMIT:
            self._end(next((key for key, join in self._joins.items() if not join.open), next(iter(self._joins))))
