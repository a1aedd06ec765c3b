"""Opens PDF: the text of its pages, attached files, sounds and other embedded streams, properties."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.content import Content
from forensics.decoders.base import Budget, Decoder
from forensics.errors import LimitReached, Malformed
from forensics.formats.carving import find_hidden
from forensics.formats.pdf_document import PdfDocument, open_pdf
from forensics.formats.text_parts import limited_view, text_view
from forensics.model import Artifact, Part


class Pdf(Decoder):
    """PDF 1.x and 2.0."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type == "application/pdf"

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield properties, the text of the pages and the embedded files; of a broken file its packed streams."""
        try:
            document, password = open_pdf(artifact.content.open(), budget.passwords)
        except Malformed:
            yield from _streams(artifact.content, budget)
            raise
        problems: list[str] = []
        if password is not None:
            yield text_view("password", "", "", password.facts)
        if lines := document.properties():
            yield text_view("properties", "\n".join(lines), "metadata")
        limit: LimitReached | None = None
        try:
            yield from limited_view("body", _pages(document, budget), "body", budget.limits.text_mib << 20)
        except LimitReached as error:
            limit = error
        yield from limited_view("notes", _lines(document.remarks()), "note", budget.limits.text_mib << 20)
        for name, data in document.embedded(budget.check_time):
            budget.take_bytes(len(data))
            yield Part(name=name, content=Content.of(data))
        problems += document.problems
        if limit is not None:
            raise limit
        if problems:
            raise Malformed("; ".join(dict.fromkeys(problems[:20])))


def _streams(content: Content, budget: Budget) -> Iterator[Part]:
    """What a broken document holds in streams of Flate, which most of its content is."""
    for find in find_hidden(content, 1, budget.check_time):
        if find.extension == "zlib":
            budget.take_bytes(find.end - find.start)
            data = content.pread(find.end - find.start, find.start)
            yield Part(name=f"stream@{find.start}", content=Content.of(data), media_type="application/zlib")


def _lines(texts: Iterator[str]) -> Iterator[str]:
    return (f"{text}\n" for text in texts if text.strip())


def _pages(document: PdfDocument, budget: Budget) -> Iterator[str]:
    for text in document.pages():
        budget.check_time()
        yield text + "\n"
