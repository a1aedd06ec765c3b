"""Identifier rules of a pack: identifiers/*.toml, one `[[rule]]` a detector with its labels and severity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from forensics.errors import RuleError
from forensics.rulebook.identifier_kinds import KINDS
from forensics.rulebook.rule import SCOPES, STATUSES, Rule, RuleFile, severity_of
from forensics.rulebook.source import read_text, read_toml


class IdentifierRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[rule]]`: `kind` names the detector, `labels` are more words its value may stand behind."""

    id: str
    kind: str
    title: str = ""
    severity: str = "medium"
    category: str = ""
    technique: str = ""
    author: str = ""
    created: str = ""
    version: int = 0
    status: str = "active"
    labels: tuple[str, ...] = ()
    description: str = ""
    replaced_by: str = ""
    sunset: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: tuple[IdentifierRule, ...] = ()


def read_identifiers(path: Path, pack: str) -> RuleFile:
    """Read one file of identifier rules. Raises RuleError that begins with file and line."""
    return RuleFile(path=path, namespace=f"{pack}/{path.stem}", text="", rules=tuple(_rules(path, pack)))


def _rules(path: Path, pack: str) -> Iterator[Rule]:
    table = read_toml(path)
    lines = _rule_lines(path)
    try:
        rules = msgspec.convert(table, _File).rule
    except msgspec.ValidationError as error:
        raise RuleError(f"{path}:{_line_of(str(error), lines)}: {error}") from error
    raw = table.get("rule", [])
    declared = [frozenset(each) for each in raw] if isinstance(raw, list) else []
    for number, rule in enumerate(rules):
        line = lines[number] if number < len(lines) else 1
        if rule.kind not in KINDS:
            raise RuleError(f"{path}:{line}: unknown kind {rule.kind!r}; there are {', '.join(sorted(KINDS))}")
        yield Rule(
            id=rule.id,
            title=rule.title or rule.id,
            severity=severity_of(rule.severity),
            category=rule.category,
            technique=rule.technique,
            author=rule.author,
            created=rule.created,
            version=rule.version,
            status=rule.status if rule.status in STATUSES else "active",
            scope=SCOPES[0],
            kind="identifier",
            pack=pack,
            path=path,
            line=line,
            name=rule.kind,
            namespace=f"{pack}/{path.stem}",
            meta=msgspec.to_builtins(rule),
            labels=rule.labels,
            declared=declared[number],
        )


def _rule_lines(path: Path) -> list[int]:
    text = read_text(path)
    return [number for number, line in enumerate(text.splitlines(), 1) if re.match(r"\s*\[\[\s*rule\s*\]\]", line)]


def _line_of(message: str, lines: list[int]) -> int:
    found = re.search(r"rule\[(\d+)\]", message)
    return lines[int(found[1])] if found and int(found[1]) < len(lines) else 1
