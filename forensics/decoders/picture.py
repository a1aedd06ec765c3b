"""Opens pictures: the words in screenshots, scans and photographs of a screen become text."""

from __future__ import annotations

import time
from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder
from forensics.errors import LimitReached, Malformed
from forensics.formats.pixels import CODECS, Grey, enlarged, read_grey
from forensics.formats.printed_text import Page, Reader, reader
from forensics.formats.text_parts import text_view
from forensics.model import Artifact, Part

SMALLEST = 24
"""Pixels of a side below which there is no word to read: icons."""
ENLARGED_BELOW = 8_000_000
"""Pixels of a picture that is read at twice its size, for which screens have too few."""
STRIP_ROWS, OVERLAP_ROWS = 4000, 80
"""A long picture is read strip by strip; a line that is cut stands whole in the next one."""
WIDEST = 32_000
"""Columns, the most that Tesseract takes."""
SURE = 70
"""Percent of confidence from which a second look is not taken."""
_FEW = 20
"""Characters that may as well be a pattern taken for text."""


class Picture(Decoder):
    """Pictures of pixels; drawings (SVG) are text already."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type in CODECS and artifact.content.size > 0

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the words as body. Raises Malformed where they cannot be read, LimitReached, TimedOut."""
        if not budget.limits.picture_seconds:
            return
        deadline = min(time.monotonic() + budget.limits.picture_seconds, budget.deadline)
        grey = read_grey(artifact.content, artifact.media_type)
        rows, columns = grey.shape
        facts = {"picture.width": str(columns), "picture.height": str(rows)}
        if min(rows, columns) < SMALLEST:
            yield text_view("picture", "", "body", facts)
            return
        engine = reader()
        if engine is None:
            yield text_view("picture", "", "body", facts)
            raise Malformed("words in pictures are not read: tesseract is not installed")
        pages: list[Page] = []
        try:
            for strip in _strips(grey):
                pages.append(_read(engine, strip, deadline))
        finally:
            facts["picture.confidence"] = str(min((page.confidence for page in pages), default=0))
            yield text_view("picture", "\n".join(page.text for page in pages).strip(), "body", facts)


def _read(engine: Reader, grey: Grey, deadline: float) -> Page:
    """Read at twice the size; what is unsure once more as single words, and the better of both."""
    factor = 2 if grey.size <= ENLARGED_BELOW else 1
    large = enlarged(grey, factor) if factor > 1 else grey
    page = engine.read(large, seconds=_left(deadline))
    if page.confidence >= SURE or len(page.text) < _FEW:
        return page
    other = engine.read(large, seconds=_left(deadline), is_sparse=True)
    return max(page, other, key=lambda each: (each.confidence, len(each.text)))


def _strips(grey: Grey) -> Iterator[Grey]:
    rows, columns = grey.shape
    if columns > WIDEST:
        raise LimitReached(f"words in a picture {columns} pixels wide are not read")
    for first in range(0, max(1, rows - OVERLAP_ROWS), STRIP_ROWS - OVERLAP_ROWS):
        yield grey[first : first + STRIP_ROWS]


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
