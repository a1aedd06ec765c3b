"""Rule text becomes compiled rules, here and nowhere else; compiled rules are never read from a disk.

The bundled libyara is known to crash on crafted compiled rules, so only source is taken, and `include` is refused:
a pack is what lies in its folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yara

from forensics.errors import RuleError
from forensics.rulebook.rule import Warned

EXTERNALS: Mapping[str, str | int] = {
    "filename": "",  # the artifact's own name, the last of its container path
    "path": "",  # the whole container path, outermost first, joined with "/"
    "filetype": "",  # its media type
    "channel": "",  # the way out, where it is known
    "role": "",  # of a text view: source, target, candidate, note, metadata, body
    "size": 0,  # of the artifact, in bytes
    "candidates": 0,  # translations proposed, as a decoder counted them
    "units": 0,  # translation units, as a decoder counted them
}
_LINE = re.compile(r"^line (\d+): (.*)", re.DOTALL)
_RULE = re.compile(r"^[ \t]*(?:(?:private|global)[ \t]+)*rule[ \t]+(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One rule as the compiler saw it. `line` counts from 1."""

    name: str
    line: int
    tags: tuple[str, ...]
    meta: Mapping[str, str | int | bool]
    is_private: bool


def compile_sources(sources: Mapping[str, str]) -> Any:
    """Compile rule texts, each in a name space of its own. Raises RuleError; the text cannot name file and line."""
    try:
        return yara.compile(sources=dict(sources), externals=dict(EXTERNALS), includes=False)
    except (yara.Error, UnicodeError, ValueError) as error:
        raise RuleError(str(error)) from error


def inspect(text: str, path: Path) -> tuple[list[Declaration], list[Warned]]:
    """Compile one rule file and say what it declares and what the compiler warns of.

    Raises RuleError that begins with file and line.
    """
    try:
        compiled = yara.compile(source=text, externals=dict(EXTERNALS), includes=False)
    except (yara.Error, UnicodeError, ValueError) as error:
        warned = _parse(str(error))
        raise RuleError(f"{path}:{warned.line}: {warned.text}") from error
    lines = rule_lines(text)
    declared = [
        Declaration(
            name=rule.identifier,
            line=lines.get(rule.identifier, 1),
            tags=tuple(rule.tags),
            meta=dict(rule.meta),
            is_private=rule.is_private,
        )
        for rule in compiled
    ]
    return declared, _warnings(compiled.warnings)


def rule_lines(text: str) -> dict[str, int]:
    """The line each rule of a rule file begins on."""
    return {found[1]: text.count("\n", 0, found.start(1)) + 1 for found in _RULE.finditer(text)}


def _warnings(texts: Iterable[str]) -> list[Warned]:
    return [_parse(text) for text in texts]


def _parse(text: str) -> Warned:
    found = _LINE.match(text)
    return Warned(line=int(found[1]), text=found[2]) if found else Warned(line=1, text=text)
