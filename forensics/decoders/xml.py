"""Opens XML of no known kind: records of clips and texts by what repeats, else its text and attributes."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, TranslationDecoder, unit_views
from forensics.errors import LimitReached, Malformed
from forensics.formats import json_records
from forensics.formats.document_units import beside, units_of
from forensics.formats.text_parts import fallback_body, limited_view
from forensics.formats.xml_events import read_events
from forensics.formats.xml_values import XmlValues
from forensics.model import Artifact, Part, Unit

_TYPES = frozenset(("application/xml", "application/x-tbx+xml", "application/rss+xml"))


class Xml(TranslationDecoder):
    """A vendor's own XML is never nothing: units where there are any, its text in any case."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so; kinds that are known have decoders of their own."""
        return not artifact.is_view and artifact.media_type in _TYPES

    def units(self, artifact: Artifact, budget: Budget) -> Iterator[Unit]:
        """Yield the units of every group of elements that has their shape."""
        values, problem = _read(artifact, budget)
        yield from units_of(json_records.collect(values.value), budget.check_time)
        if problem is not None:
            raise problem

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the views of the units and what stands beside them; without units, all values as text.

        XML that breaks falls back to its bare text, so that nothing in it is overlooked.
        """
        values, problem = _read(artifact, budget)
        limit = budget.limits.text_mib << 20
        document = json_records.collect(values.value)
        if next(units_of(document, budget.check_time), None) is not None:
            yield from unit_views(units_of(document, budget.check_time), budget)
            yield from limited_view("metadata", (*beside(document), *_lines(values)), "metadata", limit)
        elif problem is None:
            said = (*json_records.strings(values.value), *_lines(values))
            yield from limited_view("body", said, "body", limit)
        if problem is not None:
            yield from fallback_body(artifact.content, limit)
            raise problem


def _read(artifact: Artifact, budget: Budget) -> tuple[XmlValues, Malformed | LimitReached | None]:
    values = XmlValues(budget.limits.text_mib << 20)
    try:
        values.read(read_events(artifact.content.chunks()))
    except (Malformed, LimitReached) as error:
        return values, error
    return values, None


def _lines(values: XmlValues) -> Iterator[str]:
    for aside in values.asides:
        yield f"{aside}\n"
