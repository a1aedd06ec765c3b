"""Changes an observation before it is analysed, as trials of rules ask; decoders read what a mutation asks for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from forensics.content import Content
from forensics.decoders.base import Budget, TranslationDecoder
from forensics.errors import EarwitnessError, Encrypted, LimitReached, Malformed
from forensics.model import Analysis, Artifact, Observation, Outcome, OutcomeKind, Unit, Versions
from forensics.pipeline import Pipeline
from forensics.rulebook.mutating import MOST_SAMPLE_BYTES, change
from forensics.rulebook.mutations.base import Opened, Sample

LEFT_OUT = "the change cannot be made to it"
_MOST_TEXT = 1 << 18
"""Characters of the text in a sample that mutations are given."""
_MOST_UNITS = 2000


def changed(pipeline: Pipeline, observation: Observation, steps: Sequence[str], seed: int) -> Observation | None:
    """The observation with its content changed; None when a step cannot be done to it. Raises RuleError for unknown."""
    if observation.content.size > MOST_SAMPLE_BYTES:
        return None

    def opener(name: str, data: bytes) -> Opened:
        return _opened(pipeline, name, data)

    sample = Sample(name=observation.name, data=observation.content.bytes(), opener=opener)
    made = change(sample, steps, seed)
    return None if made is None else replace(observation, name=made.name, content=Content.of(made.data))


def untouched(observation: Observation, reason: str = LEFT_OUT) -> Analysis:
    """What is said of an observation that was not opened, since a change cannot be made to it, or failed."""
    kind = "application/octet-stream"
    root = Artifact(number=0, parent=None, path=(observation.name,), media_type=kind, content=observation.content)
    outcome = Outcome(artifact=0, kind=OutcomeKind.UNREADABLE, reason=reason)
    return Analysis(observation=observation, artifacts=(root,), matches=(), outcomes=(outcome,), versions=Versions())


def _opened(pipeline: Pipeline, name: str, data: bytes) -> Opened:
    """Text and units of a file itself, not of what lies in it."""
    lines: list[str] = []
    found: list[Artifact] = []

    def see(piece: Artifact) -> None:
        if piece.number:
            return
        if not piece.is_view:
            found.append(piece)
        elif piece.media_type.startswith("text/") and sum(map(len, lines)) < _MOST_TEXT:
            lines.append(piece.content.bytes().decode("utf-8", "replace"))

    pipeline.unpack(Content.of(data), name, see)
    units = _units(pipeline, found[0]) if found else ()
    return Opened(text="\n".join(lines)[:_MOST_TEXT], units=units)


def _units(pipeline: Pipeline, artifact: Artifact) -> tuple[Unit, ...]:
    """The translation units that the decoders read before they end or fail."""
    limits = pipeline.limits
    budget = Budget(limits, root_bytes=artifact.content.size, deadline=time.monotonic() + limits.seconds)
    units: list[Unit] = []
    for decoder in pipeline.decoders:
        if isinstance(decoder, TranslationDecoder) and decoder.accepts(artifact):
            with suppress(EarwitnessError, Malformed, Encrypted, LimitReached):
                units.extend(islice(decoder.units(artifact, budget), _MOST_UNITS - len(units)))
    return tuple(units)
