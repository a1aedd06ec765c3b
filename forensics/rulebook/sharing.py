"""Runs of bytes that several contents have in common, and how all of them begin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_SHINGLE = 8
_LOOKED_BYTES = 256 << 10
_MOST_RUNS = 300
_PADDING = 4
"""A run of so few different bytes is padding."""


def common_begin(contents: Sequence[bytes], *, most: int = 24) -> bytes:
    """How all begin; of one alone its magic: the printable begin, or the first four bytes."""
    if len(contents) > 1:
        low, high = min(contents)[:most], max(contents)[:most]
        differing = (at for at, (one, other) in enumerate(zip(low, high, strict=False)) if one != other)
        return low[: next(differing, len(low))]
    head = contents[0][:12]
    size = next((place for place, byte in enumerate(head) if not 32 < byte < 127), len(head))
    return head[: size if size >= 4 else 4]


def common_runs(contents: Sequence[bytes], *, most: int = 48) -> Iterator[bytes]:
    """The longest runs of the first content, of 8 to `most` bytes, that all others have too."""
    first, *others = (content[:_LOOKED_BYTES] for content in contents)
    shared = set.intersection(*(_shingles(other) for other in others))
    start, count, seen = None, 0, set()
    for at in range(len(first) - _SHINGLE + 2):
        is_shared = at <= len(first) - _SHINGLE and first[at : at + _SHINGLE] in shared
        if is_shared and start is None:
            start = at
        elif not is_shared and start is not None:
            run = _longest(first[start : at - 1 + _SHINGLE], others, most)
            start = None
            if len(set(run)) > _PADDING and run not in seen:
                seen.add(run)
                count += 1
                yield run
                if count >= _MOST_RUNS:
                    return


def _shingles(content: bytes) -> set[bytes]:
    return {content[at : at + _SHINGLE] for at in range(len(content) - _SHINGLE + 1)}


def _longest(run: bytes, others: Sequence[bytes], most: int) -> bytes:
    """As much of a run, from its begin, as all have in one piece: shingles may meet that stand apart elsewhere."""
    run = run[:most]
    low, high = _SHINGLE, len(run)
    while low < high:
        middle = (low + high + 1) // 2
        if all(run[:middle] in other for other in others):
            low = middle
        else:
            high = middle - 1
    return run[:low]
