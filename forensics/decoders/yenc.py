"""Opens what newsgroups send as yEnc, in articles with or without their headers."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.content import Content
from forensics.decoders.base import Budget, Decoder
from forensics.errors import LimitReached, Malformed
from forensics.formats.yenc_parts import find_articles
from forensics.model import Artifact, Part

_HEAD_BYTES = 1 << 16
_SEARCHED_BYTES = 256 << 20
_KINDS = ("text/", "message/", "application/octet-stream", "application/mbox")


class YEnc(Decoder):
    """Anything with the mark of a beginning near its own."""

    def accepts(self, artifact: Artifact) -> bool:
        """The mark is there, in what is no known binary."""
        is_open = not artifact.is_view and artifact.media_type.startswith(_KINDS)
        return is_open and b"=ybegin " in artifact.content.head(_HEAD_BYTES)

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the part of each article."""
        cut = ""
        for article in find_articles(artifact.content.pread(_SEARCHED_BYTES, 0)):
            budget.check_time()
            budget.take_bytes(len(article.data))
            yield Part(name=article.name, content=Content.of(article.data))
            cut = cut if article.is_whole else f"{article.name!r} has no end"
        if artifact.content.size > _SEARCHED_BYTES:
            raise LimitReached(f"only the first {_SEARCHED_BYTES >> 20} MiB were searched for yEnc")
        if cut:
            raise Malformed(cut)
