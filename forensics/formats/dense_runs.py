"""Finds content that is spelled in text otherwise than in base 64 or hex: where the mix of characters hints at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from forensics.formats.base85_runs import find_base85, find_marked
from forensics.formats.dense_text import BLOCK_BYTES, Spelling, dense_stretches
from forensics.formats.dump_runs import find_dumps
from forensics.formats.escaped_runs import find_escaped, find_percents
from forensics.formats.number_runs import find_numbers
from forensics.formats.spelled_run import Run
from forensics.formats.wrapped_runs import MAX_FOUND, MIN_DECODED_BYTES, Wrapped

Finder = Callable[[bytes, int, int], Iterator[Run]]
_FINDERS: dict[Spelling, tuple[Finder, ...]] = {
    Spelling.DIGITS: (find_dumps, find_numbers),
    Spelling.SYMBOLS: (find_marked, find_base85),
    Spelling.BACKSLASHES: (find_escaped,),
    Spelling.PERCENTS: (find_percents,),
}
_MARGIN_BYTES = 2 * BLOCK_BYTES
"""What is spelled may begin before the block in which it shows."""


def find_dense(text: bytes) -> Iterator[Wrapped]:
    """Yield what is spelled in ASCII-compatible text; what comes to no known content is passed over."""
    found = 0
    for run in _runs(text):
        if len(run.data) < MIN_DECODED_BYTES:
            continue
        yield Wrapped(offset=run.start, scheme=run.scheme, extension=run.extension, data=run.data)
        found += 1
        if found >= MAX_FOUND:
            return


def _runs(text: bytes) -> Iterator[Run]:
    done = {finder: 0 for finders in _FINDERS.values() for finder in finders}
    for stretch in dense_stretches(text):
        known: list[Run] = []
        for finder in _FINDERS[stretch.spelling]:
            start = max(stretch.start - _MARGIN_BYTES, done[finder])
            for run in finder(text, start, stretch.end) if start < stretch.end else ():
                done[finder] = max(done[finder], run.end)
                if run.data and not any(run.start < other.end and other.start < run.end for other in known):
                    known.append(run)
                    yield run
