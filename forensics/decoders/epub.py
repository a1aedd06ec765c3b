"""Opens e-books: the text of their chapters, their metadata and embedded media."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder, reach_of
from forensics.formats.office_package import Layout, office_parts, pattern
from forensics.model import Artifact, Part

_LAYOUT = Layout(
    roles=((pattern(r"\.x?html?$"), "body"), (pattern(r"\.(?:opf|ncx)$"), "metadata")),
    texts=frozenset(),
    breaks=frozenset(("title", "creator", "identifier", "text", "meta", "publisher")),
    ignored=pattern(r"^mimetype$|^META-INF/|\.css$|\.(?:otf|ttf|woff2?)$"),
)


class Epub(Decoder):
    """EPUB 2 and 3."""

    def accepts(self, artifact: Artifact) -> bool:
        """The package's own folders say so."""
        return not artifact.is_view and artifact.media_type.startswith("application/epub")

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield text views and embedded files."""
        reach = reach_of(budget)
        yield from office_parts(artifact.content, _LAYOUT, reach)
