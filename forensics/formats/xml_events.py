"""Streams XML as events without building a tree: namespaces dropped, entities refused, depth and tokens bounded."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from xml.parsers import expat

from forensics.errors import Malformed
from forensics.formats import text_encoding

MAX_DEPTH = 500
MAX_NAMES = 10_000
MAX_TOKEN_BYTES = 16 << 20
FEED_BYTES = 1 << 16
_NATIVE = frozenset(("utf-8", "utf8", "us-ascii", "ascii"))
_LATIN = frozenset(("iso-8859-1", "iso8859-1", "latin1", "latin-1"))
"""As browsers do: who declares it writes the dashes and quotes of Windows too."""


class Start(NamedTuple):
    """An element begins; its name and attribute names are local names."""

    name: str
    attributes: dict[str, str]


class End(NamedTuple):
    """An element ends."""

    name: str


class Text(NamedTuple):
    """Characters; a run may come in several pieces."""

    data: str


class Aside(NamedTuple):
    """What a reader of elements passes over: a comment or a processing instruction."""

    data: str


Event = Start | End | Text | Aside


class _Handlers:
    """Collects events from expat and refuses what defusedxml refuses: entities of any kind."""

    def __init__(self, encoding: str | None) -> None:
        self.events: list[Event] = []
        self._depth = 0
        self._names: dict[str, str] = {}
        self.parser = expat.ParserCreate(encoding)
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.CommentHandler = self._aside
        self.parser.ProcessingInstructionHandler = self._aside
        self.parser.EntityDeclHandler = _refuse
        self.parser.UnparsedEntityDeclHandler = _refuse
        self.parser.ExternalEntityRefHandler = _refuse

    def _local(self, name: str) -> str:
        local = self._names.get(name)
        if local is None:
            local = name.rpartition(":")[2]
            if len(self._names) < MAX_NAMES:
                self._names[name] = local
        return local

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Malformed(f"XML nested deeper than {MAX_DEPTH} elements")
        local = self._local
        self.events.append(Start(local(name), {local(key): value for key, value in attributes.items()}))

    def _end(self, name: str) -> None:
        self._depth -= 1
        self.events.append(End(self._local(name)))

    def _aside(self, *data: str) -> None:
        self.events.append(Aside(" ".join(data)))

    def _text(self, data: str) -> None:
        self.events.append(Text(data))


def _refuse(*arguments: object) -> int:
    raise Malformed("XML declares entities; they are not expanded")


def read_events(chunks: Iterable[bytes]) -> Iterator[Event]:
    """Yield the events of a document.

    Raises Malformed where the XML breaks, when it declares entities (their expansion is how bombs are built) or
    refers to external ones; what was yielded before stands.
    """
    pieces = _pieces(chunks)
    first = next(pieces, b"")
    decoder = _foreign_decoder(first)
    handlers = _Handlers("utf-8" if decoder else None)
    silent = 0
    for piece in _chain(first, pieces):
        problem = _feed(handlers, decoder.decode(piece).encode("utf-8", "replace") if decoder else piece, is_last=False)
        silent = 0 if handlers.events else silent + len(piece)
        yield from handlers.events
        handlers.events.clear()
        if problem is None and silent > MAX_TOKEN_BYTES:
            problem = Malformed(f"an XML token is longer than {MAX_TOKEN_BYTES} bytes")
        if problem is not None:
            raise problem
    problem = _feed(handlers, b"", is_last=True)
    yield from handlers.events
    if problem is not None:
        raise problem


def _feed(handlers: _Handlers, data: bytes, *, is_last: bool) -> Malformed | None:
    try:
        handlers.parser.Parse(data, is_last)
    except Malformed as error:
        return error
    except (expat.ExpatError, ValueError, LookupError) as error:
        return Malformed(f"XML: {error}")
    return None


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for at in range(0, len(chunk), FEED_BYTES):
            yield chunk[at : at + FEED_BYTES]


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _foreign_decoder(head: bytes) -> codecs.IncrementalDecoder | None:
    """Expat knows few encodings and believes what is declared; the others are decoded here and fed as UTF-8.

    Marks and zero bytes count before what is declared, and bytes that are no UTF-8 are not read as such.
    """
    name = _marked_encoding(head)
    declared = text_encoding.declared_encoding(head.removeprefix(codecs.BOM_UTF8))
    if name == "utf-8-sig" and declared in ("", "utf-8"):
        return None
    if not name:
        if declared in _LATIN:
            name = "cp1252"
        elif declared and declared not in _NATIVE and not declared.startswith(text_encoding.WIDE):
            name = declared
        else:
            name = text_encoding.encoding_of(head) or "utf-8"
    if name == "utf-8" and declared in ("", "utf-8"):
        return None
    try:
        return codecs.getincrementaldecoder(name)("replace")
    except LookupError as error:
        guessed = text_encoding.encoding_of(head)
        if guessed is None:
            raise Malformed(f"XML declares the unknown encoding {name!r}") from error
        return codecs.getincrementaldecoder(guessed)("replace")


def _marked_encoding(head: bytes) -> str:
    """The encoding a byte order mark names, or the zero bytes beside a first `<`; empty without."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
        (b"<\0", "utf-16-le"),
        (b"\0<", "utf-16-be"),
    ):
        if head.startswith(mark):
            return name
    return ""
