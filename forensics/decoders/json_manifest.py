"""Opens JSON and JSON Lines: manifests of clips with candidates by their shape, anything else as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forensics.decoders.base import Budget, TranslationDecoder, unit_views
from forensics.errors import LimitReached, Malformed
from forensics.formats import json_records
from forensics.formats.document_units import beside, units_of
from forensics.formats.text_encoding import decode_text
from forensics.formats.text_parts import limited_view
from forensics.model import Artifact, Part, Unit


class JsonManifest(TranslationDecoder):
    """Lists of objects that name clips or hold candidates are units, whatever their keys are called."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type in ("application/json", "application/x-ndjson")

    def units(self, artifact: Artifact, budget: Budget) -> Iterator[Unit]:
        """Yield the units of every list that has their shape."""
        value, problem = _load(artifact, budget)
        yield from units_of(json_records.collect(value), budget.check_time)
        if problem is not None:
            raise problem

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the views of the units and what stands beside them; without units, all values as text."""
        value, problem = _load(artifact, budget)
        limit = budget.limits.text_mib << 20
        document = json_records.collect(value)
        if next(units_of(document, budget.check_time), None) is None:
            yield from limited_view("body", _lines(value, artifact, problem), "body", limit)
        else:
            yield from unit_views(units_of(document, budget.check_time), budget)
            yield from limited_view("metadata", beside(document), "metadata", limit)
        if problem is not None:
            raise problem


def _lines(value: Any, artifact: Artifact, problem: Exception | None) -> Iterator[str]:
    """All values; the raw text when the JSON is broken, so that nothing in it is overlooked."""
    if problem is None:
        yield from json_records.strings(value)
    else:
        yield decode_text(artifact.content.pread(64 << 20, 0)) or ""


def _load(artifact: Artifact, budget: Budget) -> tuple[Any, Malformed | LimitReached | None]:
    """The parsed value (for JSON Lines the list of good lines) and what was wrong with the rest."""
    limit = budget.limits.text_mib << 20
    problem: Malformed | LimitReached | None = None
    text = decode_text(artifact.content.pread(limit, 0)) or ""
    if artifact.content.size > limit:
        problem = LimitReached(f"more than {limit >> 20} MiB of JSON")
    if artifact.media_type == "application/x-ndjson":
        return _load_lines(text, budget, problem)
    if problem is not None:
        return [], problem
    try:
        return json_records.parse(text), None
    except Malformed as error:
        return [], error


def _load_lines(
    text: str, budget: Budget, problem: Malformed | LimitReached | None
) -> tuple[Any, Malformed | LimitReached | None]:
    values, bad = [], 0
    for number, line in enumerate(text.splitlines(), 1):
        budget.check_time()
        if not line.strip():
            continue
        try:
            values.append(json_records.parse(line))
        except Malformed as error:
            bad += 1
            problem = problem or Malformed(f"line {number}: {error}")
    return values, problem
