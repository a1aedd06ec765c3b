"""Opens mailboxes in mbox form: one part a message."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.content import Content
from forensics.decoders.base import Budget, Decoder
from forensics.model import Artifact, Part

_BLOCK_BYTES = 1 << 20
_FROM = re.compile(rb"(?:\A|\n)From \S+[^\n]*\d{2}:\d{2}[^\n]*\d{4}[^\n]*\r?\n")


class Mbox(Decoder):
    """RFC 4155 mailboxes and their relatives."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type == "application/mbox"

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the messages in order."""
        content = artifact.content
        starts = list(_starts(content, budget))
        for number, ((_, start), (end, _)) in enumerate(zip(starts, [*starts[1:], (content.size, 0)], strict=True), 1):
            chunks = (content.pread(min(_BLOCK_BYTES, end - at), at) for at in range(start, end, _BLOCK_BYTES))
            yield Part(name=f"message-{number}.eml", content=budget.collect(chunks))


def _starts(content: Content, budget: Budget) -> Iterator[tuple[int, int]]:
    """Where each separator line begins, and where the message after it does."""
    position = last = 0
    while position < content.size:
        budget.check_time()
        block = content.pread(_BLOCK_BYTES + 1024, position)
        for match in _FROM.finditer(block):
            begin = position + match.start() + (match[0][:1] == b"\n")
            is_first = position == 0 or match[0][:1] == b"\n"
            if is_first and (begin >= last or not last):
                last = position + match.end()
                yield begin, last
        position += _BLOCK_BYTES
