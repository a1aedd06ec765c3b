"""Opens PDF: the text of its pages, attached files, sounds and other embedded streams, properties."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.content import Content
from forensics.decoders.base import Budget, Decoder
from forensics.errors import LimitReached, Malformed
from forensics.formats.pdf_document import PdfDocument, open_pdf
from forensics.formats.text_parts import limited_view, text_view
from forensics.model import Artifact, Part


class Pdf(Decoder):
    """PDF 1.x and 2.0."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type == "application/pdf"

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield properties, the text of the pages and the embedded files."""
        document, password = open_pdf(artifact.content.open(), budget.passwords)
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


def _lines(texts: Iterator[str]) -> Iterator[str]:
    return (f"{text}\n" for text in texts if text.strip())


def _pages(document: PdfDocument, budget: Budget) -> Iterator[str]:
    for text in document.pages():
        budget.check_time()
        yield text + "\n"
