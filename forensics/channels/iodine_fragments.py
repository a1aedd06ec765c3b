"""Fragments of iodine put together, whatever is sent again, and what was said last, whatever is repeated on the way."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b

_PACKETS = 4
"""Packets whose fragments are kept: what is sent again belongs to the last ones."""
_LATELY = 256
"""Queries, and answers, that are known again when the network repeats them late."""


class Fragments:
    """One direction of one user: fragments in, packets out."""

    def __init__(self) -> None:
        self._packets: OrderedDict[int, dict[int, bytes]] = OrderedDict()
        self._last: dict[int, int] = {}
        self._done: set[int] = set()

    def take(self, sequence: int, number: int, piece: bytes, *, is_last: bool) -> list[bytes]:
        """Take a fragment; the packet's fragments once all are there, else none."""
        known = self._packets.get(sequence)
        if known is not None and (sequence in self._done or known.get(number, piece) != piece):
            if known.get(number) == piece:
                return []
            self._forget(sequence)
            known = None
        if known is None:
            known = self._packets[sequence] = {}
            if len(self._packets) > _PACKETS:
                self._forget(next(iter(self._packets)))
        known[number] = piece
        if is_last:
            self._last[sequence] = number
        last = self._last.get(sequence)
        if last is None or any(each not in known for each in range(last + 1)):
            return []
        self._done.add(sequence)
        return [known[each] for each in range(last + 1)]

    def _forget(self, sequence: int) -> None:
        del self._packets[sequence]
        self._last.pop(sequence, None)
        self._done.discard(sequence)


class Lately:
    """What was said last, so that what comes again behind later packets is not taken for part of a new one.

    Packets have only eight numbers, but each query has a counter and no name is asked for twice, as iodined's own
    caches rely on: a name that comes again was repeated by a resolver or on the way.
    """

    def __init__(self) -> None:
        self._digests: OrderedDict[bytes, None] = OrderedDict()

    def has(self, said: bytes) -> bool:
        """Say whether this was said lately, and remember it."""
        digest = blake2b(said, digest_size=8).digest()
        if digest in self._digests:
            return True
        self._digests[digest] = None
        if len(self._digests) > _LATELY:
            self._digests.popitem(last=False)
        return False
