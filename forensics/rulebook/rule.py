"""What a rule is, whatever engine runs it: its identity, what it says of itself and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from forensics.model import Severity

SCOPES = ("raw", "text")
STATUSES = ("draft", "active", "deprecated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """One compiler warning and its line, counted from 1."""

    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule and what it says of itself.

    `name` is its name in the rule language, `namespace` its file's; `scope` says what it is run over: `raw` bytes
    or extracted `text`. `declared` are the meta keys that stand in the file; the rest are defaults.
    """

    id: str
    title: str
    severity: Severity
    category: str
    technique: str
    author: str
    created: str
    version: int
    status: str
    scope: str
    kind: str
    pack: str
    path: Path
    line: int
    name: str
    namespace: str
    meta: Mapping[str, str | int | bool] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    declared: frozenset[str] = frozenset()

    @property
    def is_active(self) -> bool:
        """Say whether the monitors run it."""
        return self.status == "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """One file of rules. `text` is rule source, empty for identifier rules."""

    path: Path
    namespace: str
    text: str
    rules: tuple[Rule, ...]
    warnings: tuple[Warned, ...] = ()


def severity_of(value: object) -> Severity:
    """A severity by its name; `medium` for one nobody knows (lint tells)."""
    return Severity(str(value)) if str(value) in list(Severity) else Severity.MEDIUM


def version_of(value: object) -> int:
    """A rule's version: a whole number, 0 for anything else (lint tells)."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
