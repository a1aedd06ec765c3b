"""Opens XLIFF 1.2 and 2.x with the dialects of translation tools; segments, notes and who made the file."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.content import Content
from forensics.decoders.base import Budget, TranslationDecoder, unit_views
from forensics.errors import LimitReached, Malformed
from forensics.formats.text_parts import fallback_body, text_view
from forensics.formats.xliff_units import XliffReader
from forensics.formats.xml_events import read_events
from forensics.model import Artifact, Part, Unit


class Xliff(TranslationDecoder):
    """XLIFF: alt-trans and match elements are candidates, a target is the choice."""

    def accepts(self, artifact: Artifact) -> bool:
        """The root element says so."""
        return not artifact.is_view and artifact.media_type == "application/x-xliff+xml"

    def units(self, artifact: Artifact, budget: Budget) -> Iterator[Unit]:
        """Yield the units in document order."""
        yield from XliffReader(budget.limits.text_mib << 20).units(read_events(artifact.content.chunks()))

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the segments by role, then notes and metadata; broken XML falls back to its bare text."""
        limit = budget.limits.text_mib << 20
        reader = XliffReader(limit)
        problem: Malformed | LimitReached | None = None
        try:
            yield from unit_views(reader.units(read_events(artifact.content.chunks())), budget)
        except LimitReached as error:
            problem = error
        except Malformed as error:
            problem = error
            yield from fallback_body(artifact.content, limit)
        if reader.tool:
            facts = {"package.tool": reader.tool}
            yield Part(name="tool", content=Content.of(b""), media_type="text/plain", is_view=True, facts=facts)
        for role, lines in (("note", reader.notes), ("metadata", reader.metadata)):
            if lines:
                yield text_view(role, "\n".join(lines), role)
        if problem is not None:
            raise problem
