"""Opens lists of clips as recognisers are trained and scored with: Kaldi, stm, ctm, trn, master label files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from forensics.decoders.base import Budget, TranslationDecoder
from forensics.errors import LimitReached
from forensics.formats.clip_lists import asides, read_clip_list
from forensics.formats.text_parts import limited_view, text_lines
from forensics.model import Artifact, Part, Unit


class ClipLists(TranslationDecoder):
    """A clip's name at the beginning of every line, what was said in it or where it lies behind."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type == "text/x-clip-list"

    def units(self, artifact: Artifact, budget: Budget) -> Iterator[Unit]:
        """Yield one unit a line or clip."""
        yield from read_clip_list(text_lines(artifact.content, budget.limits.text_mib << 20))

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield who spoke, when and where the clips lie as metadata, then the views of the units."""
        limit = budget.limits.text_mib << 20
        lines = (f"{line}\n" for line in asides(text_lines(artifact.content, limit)))
        with suppress(LimitReached):  # said once, by the units
            yield from limited_view("metadata", lines, "metadata", limit)
        yield from super().decode(artifact, budget)
