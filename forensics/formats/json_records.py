"""Flattens JSON into groups of records: lists of objects at any depth, and what stands beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from forensics.errors import Malformed
from forensics.formats.audio_names import is_audio_name
from forensics.formats.record_columns import Record, Value
from forensics.formats.unit_shapes import is_package_key

MAX_DEPTH = 60
MAX_GROUPS = 1000
_SURROGATE = re.compile("[\ud800-\udfff]")
_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_PARTS = ("segment", "utterance", "supervision", "turn", "clip", "item", "unit", "entr", "record", "row", "sentence")


@dataclass(slots=True)
class Group:
    """Objects of one list; `package` is what the objects around them name."""

    records: list[Record] = field(default_factory=list)
    package: str = ""


@dataclass(slots=True)
class Document:
    """All groups of a document, and every other scalar as `key: value` lines."""

    groups: list[Group] = field(default_factory=list)
    package: str = ""
    asides: list[str] = field(default_factory=list)


def parse(text: str) -> Any:
    """One JSON value; raises Malformed with the position, or when it is nested beyond reason."""
    try:
        value = json.loads(text, strict=False)
        if _may_hold_halves(text):
            value = json.loads(_SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False)))
        return value
    except RecursionError as error:
        raise Malformed("JSON nested too deeply") from error
    except ValueError as error:
        raise Malformed(f"JSON: {error}") from error


def _may_hold_halves(text: str) -> bool:
    """Say whether half of a surrogate pair, which is no text, may be spelled in the JSON.

    What looks like a pair is one unless its backslash is itself escaped; then it is not looked at closely.
    """
    if "\\ud" not in text and "\\uD" not in text:
        return False
    rest = text if "\\\\u" in text else _PAIR.sub(" ", text)
    return "\\ud" in rest or "\\uD" in rest


def collect(value: Any) -> Document:
    """Find the groups of a parsed value."""
    document = Document()
    _walk(value, "", "", document, 0)
    for group in document.groups:
        group.package = group.package or document.package
    return document


def strings(value: Any) -> Iterator[str]:
    """Every scalar as a `key: value` line, in document order."""
    stack: list[tuple[str, Any]] = [("", value)]
    while stack:
        key, item = stack.pop()
        if isinstance(item, dict):
            stack.extend(reversed([(str(name), inner) for name, inner in item.items()]))
        elif isinstance(item, list):
            stack.extend((key, inner) for inner in reversed(item))
        elif item is not None:
            yield f"{key}: {item}\n" if key else f"{item}\n"


def _walk(value: Any, key: str, package: str, document: Document, depth: int) -> None:
    if depth > MAX_DEPTH or len(document.groups) >= MAX_GROUPS:
        return
    if isinstance(value, dict):
        package = _package(value) or package
        document.package = document.package or package
        inner = {str(name): item for name, item in value.items() if isinstance(item, dict)}
        if len(inner) > 1 and _is_alike(list(inner.values())):
            others = {name: item for name, item in value.items() if not isinstance(item, dict)}
            value = others | {key or "items": [{"id": name} | item for name, item in inner.items()]}
        elif depth == 0 and _is_record(value):
            value = {"items": [value]}
        for name, item in value.items():
            _walk(item, str(name), package, document, depth + 1)
    elif isinstance(value, list):
        objects = [item for item in value if isinstance(item, dict)]
        if objects:
            document.groups.append(Group(records=[*_rows(objects)], package=package))
        else:
            document.asides += [f"{key}: {item}" for item in value if isinstance(item, (str, int, float))]
    elif value is not None:
        document.asides.append(f"{key}: {value}")


def _package(value: dict[str, Any]) -> str:
    return next(
        (str(item) for key, item in value.items() if is_package_key(str(key)) and isinstance(item, (str, int))), ""
    )


def _is_alike(objects: list[dict[str, Any]]) -> bool:
    """Objects of a mapping are records when they share most of their keys."""
    common = set.intersection(*(set(item) for item in objects[:50]))
    return len(common) * 2 >= max(len(item) for item in objects[:50]) > 0


def _is_record(value: dict[str, Any]) -> bool:
    """A single object that names a clip itself, or one flat object that names its package: one unit sent back."""
    if any(isinstance(item, str) and is_audio_name(item) for item in value.values()):
        return True
    return bool(_package(value)) and not any(isinstance(item, (dict, list)) for item in value.values())


def _rows(objects: list[dict[str, Any]]) -> Iterator[Record]:
    """One record an object; objects that hold lists of parts give one a part, with the outer values repeated.

    A single part is its object: what both name, such as the id, is the object's.
    """
    for item in objects:
        flat: dict[str, Value] = {}
        parts: list[dict[str, Any]] = []
        _flatten(item, "", flat, parts, 0)
        if not parts:
            yield flat
        for part in parts:
            inner: dict[str, Value] = {}
            _flatten(part, "", inner, [], 0)
            yield inner | flat if len(parts) == 1 else flat | inner


def _flatten(
    item: dict[str, Any], prefix: str, flat: dict[str, Value], parts: list[dict[str, Any]], depth: int
) -> None:
    for key, value in item.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and depth < MAX_DEPTH:
            _flatten(value, f"{name}.", flat, parts, depth + 1)
        elif isinstance(value, list):
            objects = [inner for inner in value if isinstance(inner, dict)]
            if objects and any(part in str(key).lower() for part in _PARTS):
                parts += objects
            elif objects:
                flat[name] = tuple(text for inner in objects if (text := _longest(inner)))
            else:
                flat[name] = tuple(inner for inner in value if isinstance(inner, str))
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
            flat[name] = str(value)


def _longest(item: dict[str, Any]) -> str:
    """The text of a small object such as `{"text": ..., "score": ...}`, or the recording it names."""
    audio = next((value for value in item.values() if isinstance(value, str) and is_audio_name(value)), "")
    text = item.get("text")
    return (
        audio
        or (text if isinstance(text, str) and text.strip() else "")
        or max((value for value in item.values() if isinstance(value, str)), key=len, default="")
    )
