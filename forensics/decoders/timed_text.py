"""Opens timed and annotated text: TextGrid, ASS, SBV, LRC, SAMI, CHAT; SRT and WebVTT have a decoder of their own."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, TranslationDecoder, unit_views
from forensics.errors import LimitReached
from forensics.formats.text_encoding import decode_text
from forensics.formats.text_parts import limited_view
from forensics.formats.timed_lines import KINDS, Said, read_timed
from forensics.model import Artifact, Part, Unit


class TimedText(TranslationDecoder):
    """A cue, label or utterance is a unit with a source only."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type in KINDS

    def units(self, artifact: Artifact, budget: Budget) -> Iterator[Unit]:
        """Yield one unit a segment."""
        yield from _limited(_read(artifact, budget), artifact, budget)

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield who speaks, titles and dependent tiers as metadata, then the views of the units."""
        said = _read(artifact, budget)
        asides = (f"{line}\n" for line in dict.fromkeys(said.asides))
        yield from limited_view("metadata", asides, "metadata", budget.limits.text_mib << 20)
        yield from unit_views(_limited(said, artifact, budget), budget)


def _read(artifact: Artifact, budget: Budget) -> Said:
    text = decode_text(artifact.content.pread(budget.limits.text_mib << 20, 0)) or ""
    return read_timed(text.lstrip("\ufeff"), artifact.media_type)


def _limited(said: Said, artifact: Artifact, budget: Budget) -> Iterator[Unit]:
    yield from said.units()
    if artifact.content.size > budget.limits.text_mib << 20:
        raise LimitReached(f"more than {budget.limits.text_mib} MiB of text")
