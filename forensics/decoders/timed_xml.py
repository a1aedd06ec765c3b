"""Opens XML of annotation and subtitle tools: EAF, TTML, TRS, EXB; media paths and authors are metadata."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, TranslationDecoder, unit_views
from forensics.errors import LimitReached, Malformed
from forensics.formats.text_parts import fallback_body, text_view
from forensics.formats.xml_events import read_events
from forensics.formats.xml_segments import SHAPES, SegmentReader
from forensics.model import Artifact, Part, Unit


class TimedXml(TranslationDecoder):
    """An annotation, paragraph or stretch of a turn is a unit with a source only."""

    def accepts(self, artifact: Artifact) -> bool:
        """The root element says so."""
        return not artifact.is_view and artifact.media_type in SHAPES

    def units(self, artifact: Artifact, budget: Budget) -> Iterator[Unit]:
        """Yield one unit a segment."""
        reader = SegmentReader(SHAPES[artifact.media_type], budget.limits.text_mib << 20)
        yield from reader.units(read_events(artifact.content.chunks()))

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the views of the units, then metadata; broken XML falls back to its bare text."""
        limit = budget.limits.text_mib << 20
        reader = SegmentReader(SHAPES[artifact.media_type], limit)
        problem: Malformed | LimitReached | None = None
        try:
            yield from unit_views(reader.units(read_events(artifact.content.chunks())), budget)
        except LimitReached as error:
            problem = error
        except Malformed as error:
            problem = error
            yield from fallback_body(artifact.content, limit)
        if reader.metadata:
            yield text_view("metadata", "\n".join(reader.metadata), "metadata")
        if problem is not None:
            raise problem
