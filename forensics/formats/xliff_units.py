"""Reads XLIFF 1.2 and 2.x as translation units, vendor dialects included: namespaces are ignored, unknown
elements passed over. OASIS XLIFF 1.2 (2008) and XLIFF 2.1 (2018), modules `mtc` and `mda`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from forensics.errors import LimitReached
from forensics.formats import project_files, xliff_dialects
from forensics.formats.audio_names import clip_stem, is_audio_name
from forensics.formats.bounded_lines import BoundedLines
from forensics.formats.inline_text import InlineText
from forensics.formats.xliff_open import OpenUnit
from forensics.formats.xml_events import Aside, End, Event, Start, Text
from forensics.model import Unit

_UNITS = frozenset(("trans-unit", "unit", "bin-unit"))
_TEXTS = frozenset(("source", "target", "seg-source", "note", "prop", "meta"))
_PLAIN = frozenset(("segment", "ignorable", "group", "body", *_UNITS, *xliff_dialects.CANDIDATES))
_PACKAGE_KEYS = re.compile(
    r"^(?:package|batch|job|task|shipment|assignment|work-?order)(?:[-_ ]?(?:id|name|number))?$", re.I
)
_PACKAGE_NOTE = re.compile(
    r"\b(?:package|batch|job|task|shipment|assignment)(?:[-_ ]?id)?\s*[:=#]\s*([\w.:/-]{2,80})", re.I
)
_DULL_ID = re.compile(r"f?\d{1,3}|file-?\d*|none|unknown|null", re.I)
_EMBEDDED = re.compile(r"[A-Za-z0-9+/=]{60,}")


class XliffReader:
    """Feeds on events. `notes` and `metadata` collect what stands beside the segments, for identifier rules."""

    def __init__(self, limit_bytes: int) -> None:
        self.notes = BoundedLines(limit_bytes)
        self.metadata = BoundedLines(limit_bytes)
        self._limit = self._room = limit_bytes
        self._package = self._fallback_package = self._file_audio = ""
        self._languages = ("", "")
        self._is_phrase = False
        self.tool = ""
        self._path: list[Start] = []
        self._unit: OpenUnit | None = None
        self._text: InlineText | None = None
        self._text_start = Start("", {})
        self._segment_state = ""

    def units(self, events: Iterable[Event]) -> Iterator[Unit]:
        """Yield a unit at each end of one; a unit that the file breaks off is yielded too.

        Raises LimitReached for more text than the limit, beside what reading the events raises.
        """
        try:
            for event in events:
                match event:
                    case Start():
                        self._start(event)
                    case Text(data):
                        self._characters(data)
                    case Aside(data):
                        self.metadata.add(data)
                    case End(name):
                        yield from self._end(name)
        finally:
            if self._text is not None:
                self._put(self._text_start.name, self._text.segments())
            if self._unit is not None and (self._unit.source or self._unit.candidates):
                yield self._close(self._unit)

    def _start(self, event: Start) -> None:
        name, attributes = event
        self._path.append(event)
        if self._text is not None:
            self._text.start(name, attributes)
        elif name in _TEXTS:
            self._text, self._text_start = InlineText(), event
        elif name in _UNITS:
            identity = attributes.get("id", "") or attributes.get("resname", "")
            self._unit = OpenUnit(id=identity, is_unconfirmed=xliff_dialects.is_unconfirmed(attributes))
        elif name == "xliff":
            self._is_phrase = xliff_dialects.is_phrase(attributes)
            self.tool = project_files.tool_of(attributes.values())
        elif name == "segment":
            self._segment_state = attributes.get("state", "")
        elif self._unit is not None:
            self._judge(name, attributes)
        if name in ("xliff", "file"):
            self._file(attributes, is_file=name == "file")
        self._look_at(name, attributes)

    def _judge(self, name: str, attributes: dict[str, str]) -> None:
        """What vendors say of the segments of a unit in elements of their own."""
        assert self._unit is not None
        if name == "seg" and self._path[-2].name == "seg-defs":
            is_draft = xliff_dialects.is_draft(attributes)
            (self._unit.drafts if is_draft else self._unit.confirmed).add(attributes.get("id", ""))
        elif name == "status" and xliff_dialects.is_unconfirmed(attributes):
            self._unit.is_unconfirmed = True

    def _file(self, attributes: dict[str, str], *, is_file: bool) -> None:
        source = attributes.get("source-language") or attributes.get("srcLang") or self._languages[0]
        target = attributes.get("target-language") or attributes.get("trgLang") or self._languages[1]
        self._languages = (source, target)
        if not is_file:
            return
        original = attributes.get("original", "")
        self._file_audio = original if is_audio_name(original) else ""
        names = [clip_stem(original) if re.search(r"\.\w{1,8}$", original) else original, attributes.get("id", "")]
        names = [name for name in names if name and not _DULL_ID.fullmatch(name)]
        self._package, self._fallback_package = "", names[0] if names else ""

    def _look_at(self, name: str, attributes: dict[str, str]) -> None:
        """Attributes anywhere: the clip's name, the package's id, and who made it when and with what."""
        is_plain = self._text is not None or name in _PLAIN
        for key, value in attributes.items():
            if self._text is None:
                if self._unit is not None and not self._unit.audio and is_audio_name(value):
                    self._unit.audio = value
                if _PACKAGE_KEYS.match(key) and value:
                    self._package = value
            if value and (not is_plain or " " in value or xliff_dialects.is_telling(key)):
                self.metadata.add(f"{name}.{key}: {value}")

    def _characters(self, data: str) -> None:
        """Text of a segment, or what stands elsewhere; an embedded original in base64 is left to its own decoder."""
        if self._path and self._path[-1].name == "internal-file":
            data = _EMBEDDED.sub("", data)
        self._room -= len(data)
        if self._room < 0:
            raise LimitReached(f"more than {self._limit >> 20} MiB of text")
        if (self._text is not None and self._text.text(data)) or not data.strip():
            return
        data = data.strip()
        if self._unit is not None and not self._unit.audio and is_audio_name(data):
            self._unit.audio = data
        key = self._path[-1].attributes.get("key", "") if self._path else ""
        self.metadata.add(f"{key}: {data}" if key else data)

    def _end(self, name: str) -> Iterator[Unit]:
        if self._path:
            self._path.pop()
        if self._text is not None:
            if name == self._text_start.name and name not in [start.name for start in self._path[-1:]]:
                text, self._text = self._text, None
                self._put(name, text.segments())
            else:
                self._text.end(name)
        elif name == "segment":
            self._segment_state = ""
        elif name in _UNITS and self._unit is not None:
            unit, self._unit = self._unit, None
            yield self._close(unit)

    def _put(self, name: str, segments: list[tuple[str, str]]) -> None:
        if self._is_phrase:
            segments = [(mark, xliff_dialects.without_phrase_tags(text)) for mark, text in segments]
        text = " ".join(text for _, text in segments)
        if name in ("source", "target", "seg-source"):
            self._put_segment(name, segments, text)
        elif text:
            self._put_aside(name, text)

    def _put_aside(self, name: str, text: str) -> None:
        """A note or property: the package may be named in it, or the clip."""
        (self.notes if name == "note" else self.metadata).add(text)
        attributes = self._text_start.attributes
        key = next((v for k, v in attributes.items() if k in ("prop-type", "type", "category", "from")), "")
        if named := _PACKAGE_NOTE.search(text):
            self._package = self._package or named[1]
        elif _PACKAGE_KEYS.match(key):
            self._package = self._package or text
        if self._unit is not None and not self._unit.audio and is_audio_name(text):
            self._unit.audio = text

    def _put_segment(self, name: str, segments: list[tuple[str, str]], text: str) -> None:
        if self._unit is None or not text:
            self.metadata.add(text)
        elif xliff_dialects.CANDIDATES & {start.name for start in self._path}:
            self._put_proposal(name, text)
        elif name == "target":
            attributes = self._text_start.attributes
            state = attributes.get("state", "") or self._segment_state
            is_unchosen = xliff_dialects.is_unchosen(state, attributes.get("state-qualifier", ""))
            if is_unchosen:
                self._unit.candidates.append(text)
            else:
                self._unit.targets += segments
        elif name == "source" or not self._unit.source:
            self._unit.source.append(text)
        elif not self._unit.says(text):
            self.metadata.add(text)

    def _put_proposal(self, name: str, text: str) -> None:
        """What stands in a match: its target is a candidate, its source is told where it is another than the unit's."""
        assert self._unit is not None
        if name == "target":
            self._unit.candidates.append(text)
        elif not self._unit.says(text):
            self.metadata.add(text)

    def _close(self, unit: OpenUnit) -> Unit:
        return unit.close(
            package=self._package or self._fallback_package, languages=self._languages, file_audio=self._file_audio
        )
