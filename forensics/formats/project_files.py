"""Reads the project file of a translation package: whose tool made it, which package it is, and which way it goes.

Trados Studio (`PackageProject`), TIPP 1.4 and 1.5 (`TIPManifest`, `TIPPManifest`), and others by what they are called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from forensics.formats.bounded_lines import BoundedLines
from forensics.formats.unit_shapes import is_package_key
from forensics.formats.xml_events import Aside, End, Event, Start, Text

OUTBOUND, RETURN = "outbound", "return"
_ROOT = re.compile(
    r"tipp?manifest|(?:\w*?)(?:package|translation|handoff|delivery|handback|return|project|job|task)"
    r"(?:project|package|handoff|delivery|handback|manifest|info)",
    re.I,
)
_TOOLS = (
    (re.compile(r"packageproject|sdl\b|trados", re.I), "trados"),
    (re.compile(r"tipp?manifest", re.I), "tipp"),
    (re.compile(r"memoq|mqxliff|\bmq", re.I), "memoq"),
    (re.compile(r"worldserver|idiom", re.I), "worldserver"),
    (re.compile(r"globallink|gs4tr|transport", re.I), "globallink"),
    (re.compile(r"memsource|phrase", re.I), "phrase"),
)
_BACK = re.compile(r"return|response|deliver|handback|inresponse", re.I)
_OUT = re.compile(r"request|handoff|projectpackage|outbound|outgoing", re.I)
_WAY = re.compile(r"type|kind|direction", re.I)
_NAMES = ("projectname", "jobname", "name")


def is_project_root(name: str) -> bool:
    """Say whether an element of this name is the root of a project file."""
    return _ROOT.fullmatch(name) is not None


def tool_of(names: Iterable[str]) -> str:
    """The tool that an element's name and namespaces speak of; empty when none is known."""
    said = " ".join(names)
    return next((tool for pattern, tool in _TOOLS if pattern.search(said)), "")


class ProjectReader:
    """Feeds on events: `tool`, `kind` and `name` tell of the package, `metadata` holds every attribute and text."""

    def __init__(self, limit_bytes: int) -> None:
        self.tool = self.kind = self.name = ""
        self.metadata = BoundedLines(limit_bytes)
        self._path: list[str] = []
        self._id = self._answered = ""

    def read(self, events: Iterable[Event]) -> None:
        """Take the whole file; raises what reading the events raises, and LimitReached for too much text."""
        for event in events:
            match event:
                case Start(name, attributes):
                    self._start(name, attributes)
                case End(_):
                    self._path.pop()
                case Text(data) | Aside(data):
                    self._text(data.strip())
        self.name = self._answered or self._id or self.name

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        if not self._path:
            self.tool = tool_of((name, *attributes.values()))
            self._go(name)
        self._path.append(name)
        if re.fullmatch(r"task(?:request|response)", name, re.I):
            self._go(name)
        for key, value in attributes.items():
            self.metadata.add(f"{name}.{key}: {value}")
            self._take(key, value, name)
            if _WAY.search(key):
                self._go(value)

    def _text(self, data: str) -> None:
        name = self._path[-1] if self._path else ""
        self.metadata.add(f"{name}: {data}" if data else "")
        if data:
            self._take(name, data, self._path[-2] if len(self._path) > 1 else "")

    def _take(self, key: str, value: str, owner: str) -> None:
        """An id of the package, the request it answers, or else the name of the project."""
        plain = key.lower()
        if plain == "uniquepackageid":
            if any(_BACK.search(step) for step in self._path):
                self._answered = self._answered or value
            self._id = self._id or value
        elif is_package_key(key):
            self._id = self._id or value
        elif plain in _NAMES and not self.name and (plain != "name" or "project" in owner.lower()):
            self.name = value

    def _go(self, said: str) -> None:
        """The first word of a way counts: what answers a request speaks of both."""
        if not self.kind:
            self.kind = RETURN if _BACK.search(said) else OUTBOUND if _OUT.search(said) else ""
