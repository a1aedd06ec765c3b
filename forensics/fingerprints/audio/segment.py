"""An immutable part of the acoustic index: the codes of some clips and the lookup table into them.

All its arrays are flat and stand in one buffer (see `segment_layout`), so that a segment is mapped from a file,
opened in a millisecond and shared by every process that reads it. About 230 bytes a second of speech.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from forensics.errors import Malformed
from forensics.fingerprints.audio.codes import Codes, unpack
from forensics.fingerprints.audio.postings import Postings

POST_STEP = 2
"""Every so many codes of a clip, those at even positions, can be looked up."""
MOST_CODES = 1 << 32
_CHUNK_CLIPS = 1 << 13

_T = TypeVar("_T", bound=np.generic)
Hits = tuple[NDArray[np.uint32], NDArray[np.uint32]]
_NOTHING: Hits = (np.zeros(0, np.uint32), np.zeros(0, np.uint32))


@dataclass(frozen=True, slots=True)
class Segment:
    """Clips by ordinal, codes by number: those of clip `n` are `codes[starts[n]:starts[n + 1]]`.

    `labels` are the caller's numbers of the clips, strictly rising; `flags` has one bit a code, set where it holds
    speech; `names` holds the ids end to end, in UTF-8. Read-only.
    """

    codes: NDArray[np.uint64]
    flags: NDArray[np.uint8]
    starts: NDArray[np.uint32]
    postings: Postings
    labels: NDArray[np.int64]
    name_starts: NDArray[np.uint32]
    names: NDArray[np.uint8]

    @classmethod
    def build(cls, items: Iterable[tuple[str, bytes]], labels: Sequence[int] | None = None) -> Segment:
        """Build from clip ids and the blobs of `fingerprint`; labels are 0, 1, ... unless given.

        Raises Malformed for a blob that is none.
        """
        values, usable, sizes = array("B"), array("B"), array("q", [0])
        names, name_ends = bytearray(), array("q", [0])
        for identity, blob in items:
            clip = unpack(blob)
            values.frombytes(clip.values.tobytes())
            usable.frombytes(clip.is_usable.tobytes())
            sizes.append(len(clip))
            names += identity.encode("utf-8", "replace")
            name_ends.append(len(names))
        return cls._of(
            codes=np.frombuffer(values, np.uint64),
            usable=np.frombuffer(usable, np.bool_),
            starts=np.cumsum(np.frombuffer(sizes, np.int64)),
            labels=np.arange(len(sizes) - 1) if labels is None else np.array(labels, np.int64),
            name_starts=np.frombuffer(name_ends, np.int64),
            names=np.frombuffer(names, np.uint8),
        )

    @classmethod
    def merge(cls, segments: Sequence[Segment], live: Sequence[NDArray[np.bool_]]) -> Segment:
        """Join segments, clips in their order, leaving out the clips whose flag in `live` is False."""
        pairs = list(zip(segments, live, strict=True))
        return cls._of(
            codes=_joined(np.uint64, (_kept(each.codes, each.starts, kept) for each, kept in pairs)),
            usable=_joined(np.bool_, (_kept(each.all_usable(), each.starts, kept) for each, kept in pairs)),
            starts=_bounds(np.diff(each.starts)[kept] for each, kept in pairs),
            labels=_joined(np.int64, (each.labels[kept] for each, kept in pairs)),
            name_starts=_bounds(np.diff(each.name_starts)[kept] for each, kept in pairs),
            names=_joined(np.uint8, (_kept(each.names, each.name_starts, kept) for each, kept in pairs)),
        )

    @classmethod
    def _of(
        cls,
        *,
        codes: NDArray[np.uint64],
        usable: NDArray[np.bool_],
        starts: NDArray[np.int64],
        labels: NDArray[np.int64],
        name_starts: NDArray[np.int64],
        names: NDArray[np.uint8],
    ) -> Segment:
        if max(len(codes), len(names)) >= MOST_CODES:
            raise Malformed("too many clips for one part of the acoustic index")
        numbers = _posted(usable, starts)
        return cls(
            codes=codes,
            flags=np.packbits(usable, bitorder="little"),
            starts=starts.astype(np.uint32),
            postings=Postings.of(codes[numbers], numbers),
            labels=labels,
            name_starts=name_starts.astype(np.uint32),
            names=names,
        )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def key_bits(self) -> int:
        """How many low bits of a code make its key."""
        return self.postings.key_bits

    def lookup(self, values: NDArray[np.uint64]) -> Hits:
        """The row of `values` and the code number of every posting in the bucket of that value.

        Rows come in no order. Buckets that hold much more than their share are left out. Raises Malformed when the
        segment is damaged.
        """
        blocks = [_NOTHING, *self.postings.blocks(values, limit=len(self.codes))]
        rows, numbers = zip(*blocks, strict=True)
        return np.concatenate(rows), np.concatenate(numbers)

    def near(
        self, keys: NDArray[np.uint64], values: NDArray[np.uint64], *, radius: int
    ) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint8]]:
        """Like `lookup` of `keys`, but only codes within `radius` bits of the value in that row, with the distance.

        Filters block by block, so that no more than the hits is ever held.
        """
        parts = [(*_NOTHING, np.zeros(0, np.uint8))]
        for rows, numbers in self.postings.blocks(keys, limit=len(self.codes)):
            distances = np.bitwise_count(self.codes[numbers] ^ values[rows])
            kept = np.flatnonzero(distances <= radius)
            if len(kept):
                parts.append((rows[kept], numbers[kept], distances[kept]))
        found, codes, bits = zip(*parts, strict=True)
        return np.concatenate(found), np.concatenate(codes), np.concatenate(bits)

    def locate(self, numbers: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The ordinal of the clip, and the position in it, of each code number."""
        ordinals = np.searchsorted(self.starts, numbers, side="right") - 1
        return ordinals, numbers.astype(np.int64) - self.starts[ordinals]

    def usable(self, numbers: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """Which of these codes hold speech."""
        bits: NDArray[np.uint8] = self.flags[numbers >> 3] >> (numbers & 7).astype(np.uint8)
        return (bits & np.uint8(1)).astype(np.bool_)

    def clip(self, ordinal: int) -> Codes:
        """The codes of one clip."""
        first, last = int(self.starts[ordinal]), int(self.starts[ordinal + 1])
        bits = np.unpackbits(self.flags[first >> 3 : (last + 7) >> 3], bitorder="little")
        return Codes(self.codes[first:last], bits[first & 7 : (first & 7) + last - first].astype(np.bool_))

    def id(self, ordinal: int) -> str:
        """The id of one clip."""
        first, last = int(self.name_starts[ordinal]), int(self.name_starts[ordinal + 1])
        return self.names[first:last].tobytes().decode("utf-8", "replace")

    def ordinals(self, labels: NDArray[np.int64]) -> NDArray[np.int64]:
        """The ordinals of those of the labels that are in this segment."""
        at = np.searchsorted(self.labels, labels)
        inside = at < len(self.labels)
        at, labels = at[inside], labels[inside]
        found: NDArray[np.int64] = at[self.labels[at] == labels]
        return found

    def all_usable(self) -> NDArray[np.bool_]:
        """Which codes hold speech, of all clips."""
        return np.unpackbits(self.flags, count=len(self.codes), bitorder="little").astype(np.bool_)


def _posted(usable: NDArray[np.bool_], starts: NDArray[np.int64]) -> NDArray[np.uint32]:
    """The numbers of usable codes at even positions of their clips, a few thousand clips at a time."""
    parts = [np.zeros(0, np.uint32)]
    for first, last in _chunks(len(starts) - 1):
        begin, end = int(starts[first]), int(starts[last])
        numbers = np.flatnonzero(usable[begin:end])
        origin = np.repeat(starts[first:last], np.diff(starts[first : last + 1]))[numbers] - begin
        parts.append((numbers[(numbers - origin) % POST_STEP == 0] + begin).astype(np.uint32))
    return np.concatenate(parts)


def _chunks(count: int) -> Iterator[tuple[int, int]]:
    for first in range(0, count, _CHUNK_CLIPS):
        yield first, min(first + _CHUNK_CLIPS, count)


def _joined(kind: type[_T], parts: Iterable[NDArray[_T]]) -> NDArray[_T]:
    return np.concatenate([np.zeros(0, kind), *parts])


def _bounds(sizes: Iterable[NDArray[np.uint32]]) -> NDArray[np.int64]:
    """Where each of successive spans begins, and the last one ends."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.concatenate([np.zeros(0, np.int64), *sizes]))])


def _kept(flat: NDArray[_T], starts: NDArray[np.uint32], kept: NDArray[np.bool_]) -> NDArray[_T]:
    """The entries of the clips that are kept."""
    return flat if kept.all() else flat[np.repeat(kept, np.diff(starts))]
