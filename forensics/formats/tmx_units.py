"""Reads TMX 1.4b as translation units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from forensics.errors import LimitReached
from forensics.formats.audio_names import clip_stem, is_audio_name
from forensics.formats.bounded_lines import BoundedLines
from forensics.formats.inline_text import InlineText
from forensics.formats.unit_shapes import is_package_key
from forensics.formats.xml_events import Aside, End, Event, Start, Text
from forensics.model import Unit

_TEXTS = frozenset(("seg", "prop", "note"))


class TmxReader:
    """Feeds on events; `metadata` collects notes, properties and who made the file."""

    def __init__(self, limit_bytes: int) -> None:
        self.package = ""
        self.metadata = BoundedLines(limit_bytes)
        self._limit = self._room = limit_bytes
        self._source_language = ""
        self._id = self._audio = self._language = self._type = self._text_name = ""
        self._variants: list[tuple[str, str]] = []
        self._text: InlineText | None = None

    def units(self, events: Iterable[Event]) -> Iterator[Unit]:
        """Yield a unit at each end of one. Raises LimitReached for more text than the limit, and what events raise."""
        for event in events:
            match event:
                case Start(name, attributes):
                    self._start(name, attributes)
                case Text(data):
                    self._characters(data)
                case Aside(data):
                    self.metadata.add(data)
                case End("tu"):
                    yield from self._unit()
                case End(name):
                    self._end(name)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._text is not None:
            self._text.start(name, attributes)
        elif name in _TEXTS:
            self._text, self._text_name, self._type = InlineText(), name, attributes.get("type", "")
        elif name == "tu":
            self._id, self._audio, self._variants = attributes.get("tuid", ""), "", []
        elif name == "tuv":
            self._language = attributes.get("lang", "")
        elif name == "header":
            self._source_language = attributes.get("srclang", "").replace("*all*", "")
        is_own = name in ("header", "tu", "tuv")
        for key, value in attributes.items():
            if " " in value or (is_own and key not in ("lang", "tuid")):
                self.metadata.add(f"{name}.{key}: {value}")

    def _characters(self, data: str) -> None:
        self._room -= len(data)
        if self._room < 0:
            raise LimitReached(f"more than {self._limit >> 20} MiB of text")
        if self._text is None or not self._text.text(data):
            self.metadata.add(data)

    def _end(self, name: str) -> None:
        if self._text is None:
            return
        if name != self._text_name:
            self._text.end(name)
            return
        text, self._text = " ".join(text for _, text in self._text.segments()), None
        if name == "seg":
            self._variants.append((self._language, text))
            return
        if text:
            self.metadata.add(f"{self._type or name}: {text}")
        if is_audio_name(text):
            self._audio = text
        elif is_package_key(self._type):
            self.package = text

    def _unit(self) -> Iterator[Unit]:
        variants = [(language, text) for language, text in self._variants if text]
        if not variants:
            return
        wanted = self._source_language.lower()
        first = next((at for at, (language, _) in enumerate(variants) if wanted and language.lower() == wanted), 0)
        language, source = variants.pop(first)
        by_language: dict[str, list[str]] = {}
        for variant, text in variants:
            by_language.setdefault(variant, []).append(text)
        for target_language, (target, *others) in (by_language or {"": [""]}).items():
            yield self._pair(language, source, target_language, target, others)

    def _pair(self, language: str, source: str, target_language: str, target: str, others: list[str]) -> Unit:
        """A unit of two languages; further variants in the second one are candidates."""
        return Unit(
            id=self._id or clip_stem(self._audio),
            source=source,
            target=target,
            candidates=tuple(others),
            audio=self._audio,
            package=self.package,
            source_language=language,
            target_language=target_language,
        )
