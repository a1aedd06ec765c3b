"""Names SILK voice notes: FFmpeg has no decoder for them, so they count as unreadable, never as clean."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.content import Content
from forensics.decoders.base import Budget, Decoder
from forensics.errors import Malformed
from forensics.model import Artifact, Part


class Silk(Decoder):
    """SILK v3 as messengers send it."""

    def accepts(self, artifact: Artifact) -> bool:
        """The magic line says so."""
        return not artifact.is_view and artifact.media_type == "audio/silk"

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Raise Malformed: the voice note cannot be played."""
        yield Part(
            name="silk", content=Content.of(b""), media_type="text/plain", is_view=True, facts={"audio.codec": "silk"}
        )
        raise Malformed("SILK voice note: not decoded")
