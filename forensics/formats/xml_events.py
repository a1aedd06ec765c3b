"""Streams XML as events without building a tree: namespaces dropped, entities refused, depth and tokens bounded."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from forensics.errors import Malformed

MAX_DEPTH = 500
MAX_TOKEN_BYTES = 16 << 20
FEED_BYTES = 1 << 16
_DECLARED = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)", re.DOTALL)
_NATIVE = frozenset(("utf-8", "utf8", "utf-16", "us-ascii", "iso-8859-1"))


@dataclass(frozen=True, slots=True)
class Start:
    """An element begins; its name and attribute names are local names."""

    name: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class End:
    """An element ends."""

    name: str


@dataclass(frozen=True, slots=True)
class Text:
    """Characters; a run may come in several pieces."""

    data: str


Event = Start | End | Text


@dataclass(slots=True)
class _Target:
    events: list[Event] = field(default_factory=list)
    depth: int = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Malformed(f"XML nested deeper than {MAX_DEPTH} elements")
        self.events.append(Start(_local(name), {_local(key): value for key, value in attributes.items()}))

    def end(self, name: str) -> None:
        self.depth -= 1
        self.events.append(End(_local(name)))

    def data(self, data: str) -> None:
        self.events.append(Text(data))

    def close(self) -> None:
        return None


def read_events(chunks: Iterable[bytes]) -> Iterator[Event]:
    """Yield the events of a document.

    Raises Malformed where the XML breaks, when it declares entities (their expansion is how bombs are built) or
    refers to external ones; what was yielded before stands.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import XMLParser

    pieces = _pieces(chunks)
    first = next(pieces, b"")
    decoder = _foreign_decoder(first)
    target = _Target()
    parser = XMLParser(target=target, encoding="utf-8" if decoder else None, forbid_entities=True, forbid_external=True)
    silent = 0
    try:
        for piece in _chain(first, pieces):
            parser.feed(decoder.decode(piece).encode() if decoder else piece)
            silent = 0 if target.events else silent + len(piece)
            if silent > MAX_TOKEN_BYTES:
                raise Malformed(f"an XML token is longer than {MAX_TOKEN_BYTES} bytes")
            yield from target.events
            target.events.clear()
        parser.close()
        yield from target.events
    except ParseError as error:
        yield from target.events
        raise Malformed(f"XML: {error}") from error
    except DefusedXmlException as error:
        raise Malformed("XML declares entities; they are not expanded") from error
    except (ValueError, LookupError) as error:
        raise Malformed(f"XML: {error}") from error


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for at in range(0, len(chunk), FEED_BYTES):
            yield chunk[at : at + FEED_BYTES]


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _foreign_decoder(head: bytes) -> codecs.IncrementalDecoder | None:
    """Expat knows few encodings; multi-byte ones are decoded here and fed as UTF-8."""
    declared = _DECLARED.search(head[:400])
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    if name in _NATIVE or head.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None
    try:
        return codecs.getincrementaldecoder(name)("replace")
    except LookupError as error:
        raise Malformed(f"XML declares the unknown encoding {name!r}") from error


def _local(name: str) -> str:
    return name.rpartition("}")[2]
