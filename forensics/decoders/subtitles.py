"""Opens SRT and WebVTT: what is said in each cue, without times and styling."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from forensics.decoders.base import Budget, TranslationDecoder
from forensics.errors import LimitReached
from forensics.formats.text_encoding import decode_text
from forensics.model import Artifact, Unit

_TIMES = re.compile(r"\s*(?:\d+:)?\d{1,2}:\d{2}[,.]\d{1,3}\s*-->\s*(?:\d+:)?\d{1,2}:\d{2}[,.]\d{1,3}")
_STYLE = re.compile(r"<[^<>]{0,200}>|\{\\[^{}]{0,200}\}")


class Subtitles(TranslationDecoder):
    """Timed text; a cue is a unit with a source only."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type in ("application/x-subrip", "text/vtt")

    def units(self, artifact: Artifact, budget: Budget) -> Iterator[Unit]:
        """Yield one unit a cue; notes of WebVTT count as cues."""
        limit = budget.limits.text_mib << 20
        text = decode_text(artifact.content.pread(limit, 0)) or ""
        for number, block in enumerate(re.split(r"(?:\r?\n[ \t]*){2,}", text.lstrip("\ufeff")), 1):
            budget.check_time()
            lines = block.splitlines()
            at = next((at for at, line in enumerate(lines[:3]) if _TIMES.match(line)), -1)
            said = " ".join(html.unescape(_STYLE.sub("", line)).strip() for line in lines[at + 1 :]).strip()
            if said and not (at < 0 and said.startswith(("WEBVTT", "STYLE", "REGION"))):
                yield Unit(id=lines[0].strip() if at == 1 else str(number), source=said)
        if artifact.content.size > limit:
            raise LimitReached(f"more than {budget.limits.text_mib} MiB of text")
