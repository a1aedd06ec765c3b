"""Opens Word documents: body, headers, notes, comments, deleted text, properties and whatever is embedded."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder, reach_of
from forensics.formats.office_package import Layout, office_parts, pattern
from forensics.model import Artifact, Part

_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_LAYOUT = Layout(
    roles=(
        (pattern(r"^word/(?:comments|footnotes|endnotes)\w*\.xml$"), "note"),
        (pattern(r"^word/(?:document|header|footer|glossary/document)\w*\.xml$"), "body"),
        (pattern(r"^docProps/[^/]+\.xml$|^word/people\.xml$"), "metadata"),
        (pattern(r"^customXml/item\d*\.xml$"), "metadata"),
    ),
    texts=frozenset(),
    breaks=frozenset(("p", "br", "cr", "tr", "comment", "creator", "lastModifiedBy", "title", "subject", "property")),
    tabs=frozenset(("tab", "tc")),
    ignored=pattern(r"^\[Content_Types\]\.xml$|\.rels$|^word/[^/]*\.xml$|^word/theme/|^customXml/itemProps"),
)


class Docx(Decoder):
    """Office Open XML text documents (ECMA-376)."""

    def accepts(self, artifact: Artifact) -> bool:
        """The package's own folders say so."""
        return not artifact.is_view and artifact.media_type == _TYPE

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield text views and embedded files."""
        reach = reach_of(budget)
        yield from office_parts(artifact.content, _LAYOUT, reach)
