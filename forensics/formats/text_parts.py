"""Makes text views, within the limit on extracted text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from forensics.content import Content
from forensics.errors import LimitReached
from forensics.formats.text_encoding import decode_text
from forensics.model import Part

_TAGS = re.compile(r"<[^<>]{0,20000}>")


def text_view(name: str, text: str, role: str, facts: dict[str, str] | None = None) -> Part:
    """A view of extracted text; lone surrogates become question marks."""
    content = Content.of(text.encode("utf-8", "replace"))
    return Part(name=name, content=content, media_type="text/plain", is_view=True, role=role, facts=facts or {})


def limited_view(name: str, pieces: Iterable[str], role: str, limit_bytes: int) -> Iterator[Part]:
    """A view of joined pieces; past the limit yields what fits, then raises LimitReached.

    What the pieces raise is raised after the view of what came before.
    """
    kept: list[str] = []
    size = 0
    problem: Exception | None = None
    try:
        for piece in pieces:
            size += len(piece)
            if size > limit_bytes:
                kept.append(piece[: limit_bytes - (size - len(piece))])
                problem = LimitReached(f"more than {limit_bytes >> 20} MiB of text")
                break
            kept.append(piece)
    except Exception as error:  # noqa: BLE001 - raised again below, after the evidence
        problem = error
    text = "".join(kept)
    if text.strip():
        yield text_view(name, text, role)
    if problem is not None:
        raise problem


def text_lines(content: Content, limit_bytes: int) -> Iterator[str]:
    """The lines of a text in any encoding, of its first bytes; raises LimitReached at their end when there are more."""
    yield from (decode_text(content.pread(limit_bytes, 0)) or "").splitlines()
    if content.size > limit_bytes:
        raise LimitReached(f"more than {limit_bytes >> 20} MiB of text")


def fallback_body(content: Content, limit_bytes: int) -> Iterator[Part]:
    """The bare text of markup that does not parse: tags cut out, nothing expanded; no error of its own."""
    text = decode_text(content.pread(min(content.size, limit_bytes), 0)) or ""
    bare = _TAGS.sub(" ", text)
    if bare.strip():
        yield text_view("body", bare, "body")
