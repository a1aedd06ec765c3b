"""Opens zip archives; members the directory hides are found by their local headers."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder
from forensics.formats.zip_archive import zip_parts
from forensics.model import Artifact, Part


class Zip(Decoder):
    """Plain zip archives; documents that are zips inside have decoders of their own."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type == "application/zip"

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the members in the order they lie in the file."""
        yield from zip_parts(artifact.content, budget.spool, budget.check_time, budget.passwords)
