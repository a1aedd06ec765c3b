"""Rule text becomes compiled rules, here and nowhere else; compiled rules are never read from a disk.

The bundled libyara is known to crash on crafted compiled rules, so only source is taken, and `include` is refused:
a pack is what lies in its folder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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
    "clips": 0,  # units that name a recording, as a decoder counted them
}
_LINE = re.compile(r"^line (\d+): (.*)", re.DOTALL)
_NAMED = re.compile(r'"([^"]+)"')
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
        warned = _parse(str(error), text)
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
    return declared, [_parse(warning, text) for warning in compiled.warnings]


def rule_lines(text: str) -> dict[str, int]:
    """The line each rule of a rule file begins on."""
    lines: dict[str, int] = {}
    line, read = 1, 0
    for found in _RULE.finditer(text):
        line, read = line + text.count("\n", read, found.start(1)), found.start(1)
        lines[found[1]] = line
    return lines


def _parse(message: str, text: str) -> Warned:
    found = _LINE.match(message)
    if not found:
        return Warned(line=1, text=message)
    line = int(found[1]) or len(text.splitlines())  # it says 0 where the file ends too soon
    return Warned(line=_named_line(line, found[2], text), text=found[2])


def _named_line(reported: int, message: str, text: str) -> int:
    """The compiler reports where it had read to; the name it complains of may stand a few lines before."""
    named = _NAMED.search(message)
    lines = text.splitlines()[:reported]
    for number in range(len(lines), 0, -1) if named else ():
        if named and named[1] in lines[number - 1]:
            return number
    return reported
