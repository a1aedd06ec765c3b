"""Opens OpenDocument texts, sheets and presentations with their notes, properties and embedded media."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder, reach_of
from forensics.formats.office_package import Layout, office_parts, pattern
from forensics.model import Artifact, Part

_LAYOUT = Layout(
    roles=(
        (pattern(r"(?:^|/)(?:content|styles)\.xml$"), "body"),
        (pattern(r"^meta\.xml$"), "metadata"),
    ),
    texts=frozenset(),
    breaks=frozenset(("p", "h", "line-break", "table-row", "creator", "initial-creator", "title", "user-defined")),
    tabs=frozenset(("tab", "table-cell")),
    ignored=pattern(r"^mimetype$|^META-INF/|(?:^|/)settings\.xml$|^Thumbnails/|^Configurations2/|\.rdf$"),
)


class OpenDocument(Decoder):
    """OpenDocument (ISO/IEC 26300)."""

    def accepts(self, artifact: Artifact) -> bool:
        """The package's own folders say so."""
        return not artifact.is_view and artifact.media_type.startswith("application/vnd.oasis.opendocument.")

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield text views and embedded files."""
        reach = reach_of(budget)
        yield from office_parts(artifact.content, _LAYOUT, reach)
