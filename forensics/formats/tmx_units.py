"""Reads TMX 1.4b as translation units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from forensics.formats.audio_names import clip_stem, is_audio_name
from forensics.formats.unit_shapes import is_package_key
from forensics.formats.xml_events import Aside, End, Event, Start, Text
from forensics.model import Unit

_CODES = frozenset(("bpt", "ept", "ph", "it", "ut"))
_TEXTS = frozenset(("seg", "prop", "note"))


@dataclass(slots=True)
class TmxReader:
    """Feeds on events; `metadata` collects notes, properties and who made the file."""

    package: str = ""
    source_language: str = ""
    metadata: list[str] = field(default_factory=list)
    _id: str = ""
    _audio: str = ""
    _language: str = ""
    _variants: list[tuple[str, str]] = field(default_factory=list)
    _text: list[str] | None = None
    _type: str = ""
    _codes: int = 0

    def units(self, events: Iterable[Event]) -> Iterator[Unit]:
        """Yield a unit at each end of one."""
        for event in events:
            match event:
                case Start(name, attributes):
                    self._start(name, attributes)
                case Text(data):
                    if self._text is not None and not self._codes:
                        self._text.append(data)
                    elif data.strip():
                        self.metadata.append(data.strip())
                case Aside(data):
                    self.metadata.append(data)
                case End("tu"):
                    yield from self._unit()
                case End(name):
                    self._end(name)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name in _CODES:
            self._codes += 1
        elif name in _TEXTS:
            self._text, self._type = [], attributes.get("type", "")
        elif name == "tu":
            self._id, self._audio, self._variants = attributes.get("tuid", ""), "", []
        elif name == "tuv":
            self._language = attributes.get("lang", "")
        elif name == "header":
            self.source_language = attributes.get("srclang", "").replace("*all*", "")
        is_own = name in ("header", "tu", "tuv")
        self.metadata += [
            f"{name}.{key}: {value}"
            for key, value in attributes.items()
            if " " in value or (is_own and key not in ("lang", "tuid"))
        ]

    def _end(self, name: str) -> None:
        if name in _CODES:
            self._codes = max(0, self._codes - 1)
        if name not in _TEXTS or self._text is None:
            return
        text, self._text = " ".join("".join(self._text).split()), None
        if name == "seg":
            self._variants.append((self._language, text))
            return
        if text:
            self.metadata.append(f"{self._type or name}: {text}")
        if is_audio_name(text):
            self._audio = text
        elif is_package_key(self._type):
            self.package = text

    def _unit(self) -> Iterator[Unit]:
        variants = [(language, text) for language, text in self._variants if text]
        if not variants:
            return
        wanted = self.source_language.lower()
        first = next((at for at, (language, _) in enumerate(variants) if wanted and language.lower() == wanted), 0)
        language, source = variants.pop(first)
        target_language, target = variants[0] if variants else ("", "")
        yield Unit(
            id=self._id or clip_stem(self._audio),
            source=source,
            target=target,
            candidates=tuple(text for _, text in variants[1:]),
            audio=self._audio,
            package=self.package,
            source_language=language,
            target_language=target_language,
        )
