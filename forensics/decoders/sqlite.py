"""Opens SQLite databases of chat, recorder and editor programs: blobs, texts, and what deletion left there."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.content import Content
from forensics.decoders.base import Budget, Decoder
from forensics.errors import LimitReached, Malformed
from forensics.formats.sqlite_cells import read_cells
from forensics.formats.sqlite_pages import MAGIC, MOST_IMAGE_BYTES, lost_content, pages_of
from forensics.model import Artifact, Part


class Sqlite(Decoder):
    """SQLite 3; its write-ahead log is another file."""

    def accepts(self, artifact: Artifact) -> bool:
        """The leading bytes say so."""
        return not artifact.is_view and artifact.content.head(len(MAGIC)) == MAGIC

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the cells, then what lies in free pages; of a database that is damaged, what lies in any page."""
        if artifact.content.size > MOST_IMAGE_BYTES:
            raise LimitReached(f"a database of more than {MOST_IMAGE_BYTES >> 20} MiB is not read cell by cell")
        image = artifact.content.bytes()
        problem: Malformed | LimitReached | None = None
        try:
            yield from read_cells(image, budget.spool, budget.check_time, budget.limits.text_mib << 20)
        except (Malformed, LimitReached) as error:
            problem = error
        yield from _lost(image, budget, is_listed=not isinstance(problem, Malformed))
        if problem is not None:
            raise problem


def _lost(image: bytes, budget: Budget, *, is_listed: bool) -> Iterator[Part]:
    pages = pages_of(image)
    if pages is None:
        return
    for number, data in enumerate(lost_content(pages, budget.check_time, is_listed=is_listed), 1):
        budget.take_bytes(len(data))
        yield Part(name=f"deleted-{number}.bin", content=Content.of(data))
    if pages.end < len(image):
        budget.take_bytes(len(image) - pages.end)
        yield Part(name=f"trailing@{pages.end}", content=Content.of(image[pages.end :]))
