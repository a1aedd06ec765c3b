"""Finds content in text however it is spelled there: the one door to all ways that are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from forensics.content import Spool
from forensics.formats.dense_runs import find_dense
from forensics.formats.spelled_bytes import find_spelled
from forensics.formats.text_encoding import encoding_of
from forensics.formats.wrapped_runs import Wrapped, find_wrapped
from forensics.model import Part

LEAST_TEXT = 350
"""Characters that some hundred bytes need at least."""


def find_content(text: bytes) -> Iterator[Wrapped]:
    """Yield what is spelled in text of any encoding, in the order of the ways."""
    encoding = encoding_of(text[: 1 << 16]) or ""
    if encoding.startswith(("utf-16", "utf-32")):
        text = text.decode(encoding, "replace").encode("ascii", "replace")
    yield from chain(find_wrapped(text), find_spelled(text), find_dense(text))


def content_parts(name: str, texts: Iterator[bytes], new_spool: Callable[[], Spool]) -> Iterator[Part]:
    """What is spelled in several renderings of a member of a package, each content once."""
    seen: set[bytes] = set()
    for text in texts:
        for wrapped in find_content(text) if len(text) >= LEAST_TEXT else ():
            if wrapped.data in seen:
                continue
            seen.add(wrapped.data)
            spool = new_spool()
            spool.write(wrapped.data)
            yield Part(name=f"{name}/{wrapped.name}", content=spool.close())
