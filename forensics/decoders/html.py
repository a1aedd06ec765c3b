"""Opens HTML pages: what people see and what attributes say; wrapped content is found by its own decoder."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder
from forensics.formats.markup_text import markup_lines
from forensics.formats.text_parts import limited_view
from forensics.model import Artifact, Part


class Html(Decoder):
    """HTML and XHTML."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type in ("text/html", "application/xhtml+xml")

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the text as body."""
        lines = markup_lines(artifact.content, budget.check_time)
        yield from limited_view("body", lines, "body", budget.limits.text_mib << 20)
