"""Opens mail messages: headers and bodies as text, attachments with their decoded names, wrapped content."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.content import Content
from forensics.decoders.base import Budget, Decoder
from forensics.errors import LimitReached
from forensics.formats.mail_message import Piece, read_message
from forensics.formats.markup_text import decode_markup, text_of_markup
from forensics.formats.spelled_content import find_content
from forensics.formats.text_encoding import decode_text
from forensics.formats.text_parts import limited_view, text_view
from forensics.model import Artifact, Part

MAIL_BYTES = 256 << 20


class Mail(Decoder):
    """Internet messages (RFC 5322) with MIME parts (RFC 2045-2049, 2231), forwarded messages opened flat."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type == "message/rfc822"

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield headers, bodies, then the attachments."""
        if artifact.content.size > MAIL_BYTES:
            raise LimitReached(f"mail of more than {MAIL_BYTES >> 20} MiB")
        message = read_message(artifact.content.bytes(), budget.check_time)
        if message.headers:
            yield text_view("headers", "\n".join(message.headers), "metadata")
        bodies = [piece for piece in message.pieces if piece.is_body]
        limit = budget.limits.text_mib << 20
        yield from limited_view("body", _text(bodies, budget), "body", limit)
        for piece in message.pieces:
            budget.check_time()
            if piece.is_body:
                yield from _wrapped(piece, budget)
            else:
                budget.take_bytes(len(piece.data))
                yield Part(name=piece.name, content=Content.of(piece.data))


def _text(bodies: list[Piece], budget: Budget) -> Iterator[str]:
    for piece in bodies:
        if piece.media_type == "text/html":
            yield from text_of_markup(_decoded(piece) or decode_markup(piece.data), budget.check_time)
        else:
            yield _decoded(piece) or decode_text(piece.data) or piece.data.decode("utf-8", "replace")
        yield "\n"


def _decoded(piece: Piece) -> str:
    try:
        return piece.data.decode(piece.charset) if piece.charset else ""
    except (LookupError, UnicodeError, ValueError):
        return ""


def _wrapped(piece: Piece, budget: Budget) -> Iterator[Part]:
    for wrapped in find_content(piece.data):
        budget.take_bytes(len(wrapped.data))
        yield Part(name=wrapped.name, content=Content.of(wrapped.data))
