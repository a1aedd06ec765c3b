"""Turns XML nobody knows into values as JSON has them: what repeats is a list, what has parts is an object.

Text with tags in it is one text: `Good <b>morning</b>` is a value, and so is what stands in attributes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from forensics.errors import LimitReached
from forensics.formats.xml_events import Aside, End, Event, Start, Text

MOST_ELEMENTS = 400_000
TEXT = "text"


@dataclass(slots=True)
class _Element:
    """One open element: its attributes, its children by name, and its text with that of its children."""

    name: str
    attributes: dict[str, str]
    children: dict[str, list[Any]] = field(default_factory=dict)
    text: list[str] = field(default_factory=list)
    has_own_text: bool = False

    def value(self) -> Any:
        """A text, or an object of what is in it; the only kind of child, without attributes, is a list."""
        text = " ".join("".join(self.text).split())
        if not self.children or self.has_own_text:
            return {**self.attributes, **({TEXT: text} if text else {})} if self.attributes else text
        is_list = len(self.children) == 1 and not self.attributes
        inner: dict[str, Any] = dict(self.attributes)
        for name, values in self.children.items():
            inner |= {name: values} if is_list or len(values) > 1 else _named(name, values[0])
        return inner


def _named(name: str, value: Any) -> dict[str, Any]:
    """A child that is there once: its text under its name, whether or not it has attributes too."""
    if not isinstance(value, dict) or TEXT not in value or any(not isinstance(each, str) for each in value.values()):
        return {name: value}
    return {name: value[TEXT], **{f"{name}.{key}": each for key, each in value.items() if key != TEXT}}


class XmlValues:
    """Feeds on events; `value` is what was read so far, `asides` are comments and processing instructions."""

    def __init__(self, limit_bytes: int) -> None:
        self.asides: list[str] = []
        self._limit = self._room = limit_bytes
        self._elements = 0
        self._open: list[_Element] = [_Element("", {})]

    @property
    def value(self) -> Any:
        """The document; of one that breaks off, all that was read before."""
        while len(self._open) > 1:
            self._close()
        roots = [value for values in self._open[0].children.values() for value in values]
        return roots[0] if roots else ""

    def read(self, events: Iterable[Event]) -> None:
        """Take the whole document; raises LimitReached for too much of it, and what reading the events raises."""
        for event in events:
            match event:
                case Start(name, attributes):
                    self._take(sum(map(len, attributes.values())))
                    self._elements += 1
                    if self._elements > MOST_ELEMENTS:
                        raise LimitReached(f"more than {MOST_ELEMENTS} elements of unknown XML")
                    self._open.append(_Element(name, attributes))
                case Text(data):
                    self._take(len(data))
                    self._open[-1].text.append(data)
                    self._open[-1].has_own_text = self._open[-1].has_own_text or bool(data.strip())
                case Aside(data):
                    self._take(len(data))
                    self.asides.append(data)
                case End(_):
                    self._close()

    def _take(self, characters: int) -> None:
        self._room -= characters
        if self._room < 0:
            raise LimitReached(f"more than {self._limit >> 20} MiB of text")

    def _close(self) -> None:
        if len(self._open) < 2:
            return
        element = self._open.pop()
        around = self._open[-1]
        around.children.setdefault(element.name, []).append(element.value())
        if element.has_own_text or not element.children:
            around.text += element.text
