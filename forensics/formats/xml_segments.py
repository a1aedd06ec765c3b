"""Reads what is said in XML of annotation and subtitle tools: which elements hold text is all that differs.

ELAN's EAF 3.0, TTML 1 and 2 (DFXP), Transcriber's TRS, EXMARaLDA's basic transcription.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from forensics.errors import LimitReached
from forensics.formats.audio_names import clip_stem, is_audio_name
from forensics.formats.bounded_lines import BoundedLines
from forensics.formats.xml_events import Aside, End, Event, Start, Text
from forensics.model import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Elements whose text is a segment, those within at which a new one begins, and those that only give places."""

    texts: frozenset[str]
    splits: frozenset[str] = frozenset()
    breaks: frozenset[str] = frozenset(("br",))
    quiet: frozenset[str] = frozenset()


SHAPES = {
    "application/x-eaf+xml": Shape(
        texts=frozenset(("ANNOTATION_VALUE",)),
        quiet=frozenset(("TIME_SLOT", "ALIGNABLE_ANNOTATION", "REF_ANNOTATION", "ANNOTATION")),
    ),
    "application/ttml+xml": Shape(texts=frozenset(("p",)), quiet=frozenset(("p", "span", "br", "div"))),
    "application/x-trs+xml": Shape(
        texts=frozenset(("Turn",)), splits=frozenset(("Sync", "Who")), quiet=frozenset(("Turn", "Sync", "Who"))
    ),
    "application/x-exb+xml": Shape(texts=frozenset(("event",)), quiet=frozenset(("event", "tli"))),
}
"""By media type."""


class SegmentReader:
    """Feeds on events; `metadata` collects media, authors, speakers, and what stands beside the segments."""

    def __init__(self, shape: Shape, limit_bytes: int) -> None:
        self.metadata = BoundedLines(limit_bytes)
        self._shape = shape
        self._limit = self._room = limit_bytes
        self._audio = ""
        self._text: list[str] | None = None
        self._count = 0

    def units(self, events: Iterable[Event]) -> Iterator[Unit]:
        """Yield a unit a segment, one that the file breaks off too. Raises LimitReached, and what events raise."""
        try:
            for event in events:
                match event:
                    case Start(name, attributes):
                        yield from self._start(name, attributes)
                    case Text(data):
                        self._take(data)
                    case Aside(data):
                        self.metadata.add(data)
                    case End(name):
                        if name in self._shape.texts:
                            yield from self._segment()
                            self._text = None
        finally:
            yield from self._segment()

    def _start(self, name: str, attributes: dict[str, str]) -> Iterator[Unit]:
        shape = self._shape
        if name in shape.texts:
            self._text = []
        elif self._text is not None and name in shape.splits:
            yield from self._segment()
        elif self._text is not None and name in shape.breaks:
            self._text.append(" ")
        for key, value in attributes.items():
            path = unquote(value)
            if not self._audio and is_audio_name(path):
                self._audio = path
            if value and (name not in shape.quiet or " " in value):
                self.metadata.add(f"{name}.{key}: {value}")

    def _take(self, data: str) -> None:
        self._room -= len(data)
        if self._room < 0:
            raise LimitReached(f"more than {self._limit >> 20} MiB of text")
        if self._text is None:
            self.metadata.add(data)
            if not self._audio and is_audio_name(data):
                self._audio = data.strip()
        else:
            self._text.append(data)

    def _segment(self) -> Iterator[Unit]:
        """What was read since the segment began; the next one of the same element begins here."""
        said = " ".join("".join(self._text or ()).split())
        if self._text is not None:
            self._text = []
        if said:
            self._count += 1
            yield Unit(id=clip_stem(self._audio) or str(self._count), source=said, audio=self._audio)
