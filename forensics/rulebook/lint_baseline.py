"""What a pack's author has seen and lets stand: findings recorded in a file, which are then not told again.

One finding a line (code, file as seen from the baseline, message), sorted, so that a change of it reads well. Lines of
the rule files are not in it: a finding stays known when it moves.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from forensics.errors import RuleError
from forensics.rulebook.checks import Finding
from forensics.rulebook.source import read_text
from forensics.text_safety import visible

_HEAD = "# Findings of `earwitness rules lint` that are let stand. Written by --write-baseline."
_NUMBERED = re.compile(r":\d+\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Findings beside a baseline: those that are `new`, how many are `known`, and what it names that is no more."""

    new: list[Finding]
    known: int
    gone: int


def write_baseline(findings: Iterable[Finding], path: Path) -> None:
    """Record findings. Raises RuleError when the file cannot be written."""
    lines = sorted("\t".join(_key(finding, path)) for finding in findings)
    try:
        path.write_text("\n".join([_HEAD, *lines, ""]), "utf-8")
    except OSError as error:
        raise RuleError(f"{path}: {error.strerror}") from error


def compare(findings: Iterable[Finding], path: Path) -> Compared:
    """Leave out what the baseline records, as often as it does. Raises RuleError that begins with file and line."""
    known = Counter(_read(path))
    recorded = known.total()
    new = []
    for finding in findings:
        key = _key(finding, path)
        if known[key]:
            known[key] -= 1
        else:
            new.append(finding)
    return Compared(new=new, known=recorded - known.total(), gone=known.total())


def _read(path: Path) -> list[tuple[str, str, str]]:
    found = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        parts = line.split("\t")
        if len(parts) != 3:
            raise RuleError(f"{path}:{number}: no finding: code, file and message stand between tabs")
        found.append((parts[0], parts[1], parts[2]))
    return found


def _key(finding: Finding, baseline: Path) -> tuple[str, str, str]:
    name = os.path.relpath(finding.path.resolve(), baseline.resolve().parent)
    return finding.code, visible(name), visible(_NUMBERED.sub("", finding.message))
