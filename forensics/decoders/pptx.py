"""Opens PowerPoint presentations: slides, speaker notes, comments, properties and embedded media."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder, reach_of
from forensics.formats.office_package import Layout, office_parts, pattern
from forensics.model import Artifact, Part

_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_LAYOUT = Layout(
    roles=(
        (pattern(r"^ppt/(?:notesSlides/|comments)[^.]*\.xml$"), "note"),
        (pattern(r"^ppt/(?:slides|diagrams|charts)/[^/]+\.xml$"), "body"),
        (pattern(r"^docProps/[^/]+\.xml$|^ppt/commentAuthors\.xml$"), "metadata"),
    ),
    texts=frozenset(),
    breaks=frozenset(("p", "br", "creator", "lastModifiedBy", "title", "subject", "property", "text")),
    tabs=frozenset(("tc",)),
    ignored=pattern(
        r"^\[Content_Types\]\.xml$|\.rels$|^ppt/[^/]*\.xml$|^ppt/(?:theme|slideLayouts|slideMasters|notesMasters)/"
    ),
)


class Pptx(Decoder):
    """Office Open XML presentations (ECMA-376)."""

    def accepts(self, artifact: Artifact) -> bool:
        """The package's own folders say so."""
        return not artifact.is_view and artifact.media_type == _TYPE

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield text views and embedded files."""
        reach = reach_of(budget)
        yield from office_parts(artifact.content, _LAYOUT, reach)
