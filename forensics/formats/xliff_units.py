"""Reads XLIFF 1.2 and 2.x as translation units, vendor dialects included: namespaces are ignored, unknown
elements passed over. OASIS XLIFF 1.2 (2008) and XLIFF 2.1 (2018), modules `mtc` and `mda`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from forensics.formats.audio_names import clip_stem, is_audio_name
from forensics.formats.xml_events import Aside, End, Event, Start, Text
from forensics.model import Unit

_UNITS = frozenset(("trans-unit", "unit"))
_CANDIDATES = frozenset(("alt-trans", "match"))
_CODES = frozenset(("bpt", "ept", "ph", "it", "ut"))
_TEXTS = frozenset(("source", "target", "note", "prop", "meta"))
_UNCHOSEN = frozenset(("new", "needs-translation", "needs-adaptation", "needs-l10n", "initial"))
_PACKAGE_KEYS = re.compile(
    r"^(?:package|batch|job|task|shipment|assignment|work-?order)(?:[-_ ]?(?:id|name|number))?$", re.I
)
_PACKAGE_NOTE = re.compile(
    r"\b(?:package|batch|job|task|shipment|assignment)(?:[-_ ]?id)?\s*[:=#]\s*([\w.:/-]{2,80})", re.I
)
_DULL_ID = re.compile(r"f?\d{1,3}|file-?\d*|none|unknown|null", re.I)


@dataclass(slots=True)
class _Open:
    """What is known of the unit being read."""

    id: str = ""
    audio: str = ""
    source: list[str] = field(default_factory=list)
    target: list[str] = field(default_factory=list)
    candidates: list[str] = field(default_factory=list)


@dataclass(slots=True)
class XliffReader:
    """Feeds on events. `notes` and `metadata` collect what stands beside the segments, for identifier rules."""

    package: str = ""
    fallback_package: str = ""
    languages: tuple[str, str] = ("", "")
    file_audio: str = ""
    notes: list[str] = field(default_factory=list)
    metadata: list[str] = field(default_factory=list)
    _path: list[str] = field(default_factory=list)
    _unit: _Open | None = None
    _text: list[str] | None = None
    _text_name: str = ""
    _text_attributes: dict[str, str] = field(default_factory=dict)
    _codes: int = 0

    def units(self, events: Iterable[Event]) -> Iterator[Unit]:
        """Yield a unit at each end of one; a unit that the file breaks off is yielded too."""
        try:
            for event in events:
                match event:
                    case Start():
                        self._start(event)
                    case Text(data):
                        if self._text is not None and not self._codes:
                            self._text.append(data)
                        elif data.strip():
                            self.metadata.append(data.strip())
                    case Aside(data):
                        self.metadata.append(data)
                    case End(name):
                        yield from self._end(name)
        finally:
            if self._unit is not None and (self._unit.source or self._unit.candidates):
                yield self._close(self._unit)

    def _start(self, event: Start) -> None:
        name = event.name
        self._path.append(name)
        if name in _CODES:
            self._codes += 1
        elif name in _UNITS:
            self._unit = _Open(id=event.attributes.get("id", "") or event.attributes.get("resname", ""))
        elif name in _TEXTS and self._text is None:
            self._text, self._text_name, self._text_attributes = [], name, event.attributes
        elif name in ("xliff", "file"):
            self._file(event.attributes, is_file=name == "file")
        if name not in _TEXTS and self._text is None:
            self._look_at(name, event.attributes)
        else:
            self.metadata += [value for value in event.attributes.values() if " " in value]

    def _file(self, attributes: dict[str, str], *, is_file: bool) -> None:
        source = attributes.get("source-language") or attributes.get("srcLang") or self.languages[0]
        target = attributes.get("target-language") or attributes.get("trgLang") or self.languages[1]
        self.languages = (source, target)
        if not is_file:
            return
        original = attributes.get("original", "")
        self.file_audio = original if is_audio_name(original) else ""
        names = [clip_stem(original) if re.search(r"\.\w{1,8}$", original) else original, attributes.get("id", "")]
        names = [name for name in names if name and not _DULL_ID.fullmatch(name)]
        self.package, self.fallback_package = "", names[0] if names else ""

    def _look_at(self, name: str, attributes: dict[str, str]) -> None:
        """Attributes anywhere: the clip's name, the package's id, and who made it with what."""
        for key, value in attributes.items():
            if self._unit is not None and not self._unit.audio and is_audio_name(value):
                self._unit.audio = value
            if _PACKAGE_KEYS.match(key) and value:
                self.package = value
        is_plain = name in _UNITS or name in ("segment", "ignorable", "group", "body", *_CANDIDATES)
        values = [(key, value) for key, value in attributes.items() if value and (not is_plain or " " in value)]
        self.metadata += [f"{name}.{key}: {value}" for key, value in values]

    def _end(self, name: str) -> Iterator[Unit]:
        if self._path:
            self._path.pop()
        if name in _CODES:
            self._codes = max(0, self._codes - 1)
        elif name == self._text_name and self._text is not None and name not in self._path[-1:]:
            text, self._text, self._text_name = " ".join("".join(self._text).split()), None, ""
            self._put(name, text)
        elif name in _UNITS and self._unit is not None:
            unit, self._unit = self._unit, None
            yield self._close(unit)

    def _put(self, name: str, text: str) -> None:
        if not text:
            return
        if name in ("source", "target"):
            self._put_segment(name, text)
            return
        (self.notes if name == "note" else self.metadata).append(text)
        key = next((v for k, v in self._text_attributes.items() if k in ("prop-type", "type", "category", "from")), "")
        if named := _PACKAGE_NOTE.search(text):
            self.package = self.package or named[1]
        elif _PACKAGE_KEYS.match(key):
            self.package = self.package or text
        if self._unit is not None and not self._unit.audio and is_audio_name(text):
            self._unit.audio = text

    def _put_segment(self, name: str, text: str) -> None:
        if self._unit is None:
            return
        if _CANDIDATES & set(self._path):
            self._unit.candidates += [text] if name == "target" else []
        elif name == "source":
            self._unit.source.append(text)
        elif self._text_attributes.get("state", "").lower() in _UNCHOSEN:
            self._unit.candidates.append(text)
        else:
            self._unit.target.append(text)

    def _close(self, unit: _Open) -> Unit:
        audio = unit.audio or self.file_audio
        return Unit(
            id=unit.id or clip_stem(audio),
            source=" ".join(unit.source),
            target=" ".join(unit.target),
            candidates=tuple(unit.candidates),
            audio=audio,
            package=self.package or self.fallback_package,
            source_language=self.languages[0],
            target_language=self.languages[1],
        )
