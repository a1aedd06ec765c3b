"""Opens TMX translation memories (TMX 1.4b): the first language is the source, the second the choice."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, TranslationDecoder, unit_views
from forensics.errors import LimitReached, Malformed
from forensics.formats.text_parts import fallback_body, text_view
from forensics.formats.tmx_units import TmxReader
from forensics.formats.xml_events import read_events
from forensics.model import Artifact, Part, Unit


class Tmx(TranslationDecoder):
    """Translation memories; further variants of a unit are candidates."""

    def accepts(self, artifact: Artifact) -> bool:
        """The root element says so."""
        return not artifact.is_view and artifact.media_type == "application/x-tmx+xml"

    def units(self, artifact: Artifact, budget: Budget) -> Iterator[Unit]:
        """Yield the units in document order."""
        yield from TmxReader(budget.limits.text_mib << 20).units(read_events(artifact.content.chunks()))

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the segments by role, then notes and properties; broken XML falls back to its bare text."""
        limit = budget.limits.text_mib << 20
        reader = TmxReader(limit)
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
