"""Moves the codes of fresh clips into segments, and joins segments so that there are few, while others read.

Each new segment takes in the ones before it that are small or not four times larger: adding a clip does not rewrite
everything, and a register of a million clips has five segments at most. A segment is written first and
listed in one transaction; killed at any point, the register lists what was there before or what is there after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forensics.database import Connection
from forensics.errors import Malformed, StoreError
from forensics.fingerprints.audio.segment import Segment
from forensics.log import logger
from forensics.register.questions import FRESH
from forensics.register.segments import SegmentFolder

FRESH_CLIPS: Final = 512
"""Clips whose codes may stand in the database itself."""
GROWTH: Final = 4
SMALL_CLIPS: Final = 16384
"""A segment below this size is always joined: every segment costs each query, a small one as much as a large one."""
REWRITTEN_SHARE: Final = 0.25
"""Share of removed clips from which a segment is written anew."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A segment as the register lists it, and how many of its clips were removed."""

    file: str
    first: int
    last: int
    clips: int
    removed: int

    @property
    def live(self) -> int:
        """Clips that are still registered."""
        return self.clips - self.removed

    @property
    def is_worn(self) -> bool:
        """Enough was removed that it should be written anew."""
        return self.removed >= max(1, self.clips * REWRITTEN_SHARE)


def listed(connection: Connection) -> list[Listed]:
    """The segments in the order of their clips."""
    return [Listed(**dict(row)) for row in connection.execute(_LISTED)]


def compact(connection: Connection, folder: SegmentFolder) -> None:
    """Do what is due, unless another process is at it. Call outside a transaction.

    A disk that is full changes nothing and is logged. Raises StoreError when a segment that is to be joined is
    damaged.
    """
    fresh = connection.execute("SELECT count(*) FROM audio").fetchone()[0]
    if fresh <= FRESH_CLIPS and not any(each.is_worn for each in listed(connection)):
        return
    with folder.claimed() as is_ours:
        if not is_ours:
            return
        try:
            Compaction(connection, folder).run()
        except OSError as error:
            logger(__name__).warning("register.not_compacted", reason=error.strerror)


class Compaction:
    """One round over a claimed folder."""

    def __init__(self, connection: Connection, folder: SegmentFolder) -> None:
        self._connection = connection
        self._folder = folder
        connection.execute("BEGIN")
        try:
            self._generation: int = connection.execute("SELECT generation FROM register").fetchone()[0]
            self._listed = listed(connection)
            self._removed = _numbers(connection.execute("SELECT item FROM removed ORDER BY item").fetchall())
            self._fresh = connection.execute(FRESH).fetchall()
        finally:
            connection.execute("COMMIT")
        folder.sweep([each.file for each in self._listed])

    def run(self) -> None:
        """Fold the fresh clips into the last segments, then write the worn ones anew."""
        if len(self._fresh) > FRESH_CLIPS:
            count = len(self._fresh)
            sources: list[Listed] = []
            while self._listed and self._listed[-1].live < max(SMALL_CLIPS, GROWTH * count):
                sources.insert(0, self._listed.pop())
                count += sources[0].live
            self._replace(sources, self._tail(), after=self._listed[-1].last if self._listed else 0)
        befores = [0, *(each.last for each in self._listed)]
        for before, each in zip(befores, self._listed, strict=False):
            if each.is_worn:
                self._replace([each], None, after=before)

    def _tail(self) -> Segment:
        try:
            return Segment.build(
                ((row["id"], row["codes"]) for row in self._fresh), [row["number"] for row in self._fresh]
            )
        except Malformed as error:
            raise StoreError(f"{self._folder.path.with_suffix('.sqlite')}: cannot be read: {error}") from error

    def _replace(self, sources: Sequence[Listed], tail: Segment | None, *, after: int) -> None:
        """Join segments, and the fresh clips, into one; `after` is the last item of the segment before them."""
        parts = [self._opened(each.file) for each in sources] + ([tail] if tail else [])
        segment = Segment.merge(parts, [self._live(part) for part in parts])
        file = self._folder.write(segment, generation=self._generation) if len(segment) else ""
        row = (file, int(segment.labels[0]), int(segment.labels[-1]), len(segment)) if file else None
        settled = self._removed[(self._removed > after) & (self._removed <= parts[-1].labels[-1])]
        names = [each.file for each in sources]
        try:
            is_done = self._list(row, names, settled.tolist(), last_fresh=int(tail.labels[-1]) if tail else 0)
        except BaseException:
            self._folder.remove([file] if file else [])
            raise
        self._folder.remove(names if is_done else [file])

    def _list(
        self, row: tuple[str, int, int, int] | None, names: Sequence[str], settled: Sequence[int], *, last_fresh: int
    ) -> bool:
        """List the new segment in place of the old ones and of the fresh clips; False when those have changed.

        `settled` are removed clips, known when this began, that no segment holds any more.
        """
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            gone = sum(execute("DELETE FROM segments WHERE file = ?", [name]).rowcount for name in names)
            if gone != len(names):
                execute("ROLLBACK")
                return False
            if row:
                execute("INSERT INTO segments VALUES (?, ?, ?, ?)", row)
            execute("DELETE FROM audio WHERE item <= ?", [last_fresh])
            self._connection.executemany("DELETE FROM removed WHERE item = ?", [(number,) for number in settled])
            execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                execute("ROLLBACK")
            raise
        return True

    def _opened(self, file: str) -> Segment:
        try:
            return self._folder.open_verified(file)
        except FileNotFoundError as error:
            raise self._folder.missing(file) from error

    def _live(self, segment: Segment) -> NDArray[np.bool_]:
        live = np.ones(len(segment), np.bool_)
        live[segment.ordinals(self._removed)] = False
        return live


def _numbers(rows: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    return np.array([row[0] for row in rows], np.int64)


_LISTED = """
SELECT file, first, last, clips, (SELECT count(*) FROM removed WHERE item BETWEEN first AND last) AS removed
FROM segments ORDER BY first
"""
