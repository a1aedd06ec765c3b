"""Opens Rich Text Format: its text, and embedded objects unwrapped from their hex."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.content import Content
from forensics.decoders.base import Budget, Decoder
from forensics.formats.rtf_text import rtf_text
from forensics.formats.text_parts import limited_view
from forensics.model import Artifact, Part

_OBJECT = re.compile(r"\\objdata\s*([0-9a-fA-F\s]{200,})")


class Rtf(Decoder):
    """RTF documents."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type == "text/rtf"

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the text as body, then the objects."""
        limit = budget.limits.text_mib << 20
        data = artifact.content.pread(4 * limit, 0).decode("latin-1")
        yield from limited_view("body", rtf_text(data, budget.check_time), "body", limit)
        for number, match in enumerate(_OBJECT.finditer(data), 1):
            digits = "".join(match[1].split())
            budget.take_bytes(len(digits) // 2)
            yield Part(name=f"object-{number}", content=Content.of(bytes.fromhex(digits[: len(digits) & ~1])))
