"""Rules over a whole observation: fingerprints/*.toml, one `[[rule]]` of the kind `package` with its `[rule.match]`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from forensics.errors import RuleError
from forensics.rulebook.package_conditions import Asked
from forensics.rulebook.rule import STATUSES, Rule, RuleFile, severity_of
from forensics.rulebook.source import read_text, read_toml

KIND = "package"


class PackageRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[rule]]`; `match` says what is asked, all of which must hold."""

    id: str
    kind: Literal["package"]
    match: Asked
    title: str = ""
    description: str = ""
    severity: str = "medium"
    category: str = ""
    technique: str = ""
    author: str = ""
    created: str = ""
    version: int = 0
    status: str = "active"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: tuple[PackageRule, ...] = ()


def read_packages(path: Path, pack: str) -> RuleFile:
    """Read one file of rules. Raises RuleError that begins with file and line."""
    return RuleFile(path=path, namespace=f"{pack}/fingerprints/{path.stem}", text="", rules=tuple(_rules(path, pack)))


def asked_of(rule: Rule) -> Asked:
    """What a rule of this kind asks."""
    return msgspec.convert(rule.meta["match"], Asked)


def _rules(path: Path, pack: str) -> Iterator[Rule]:
    table = read_toml(path)
    lines = [n for n, line in enumerate(read_text(path).splitlines(), 1) if re.match(r"\s*\[\[\s*rule\s*\]\]", line)]
    try:
        rules = msgspec.convert(table, _File).rule
    except msgspec.ValidationError as error:
        raise RuleError(f"{path}:{_line_of(str(error), lines)}: {error}") from error
    raw = table.get("rule", [])
    declared = [frozenset(each) for each in raw] if isinstance(raw, list) else []
    for number, rule in enumerate(rules):
        line = lines[number] if number < len(lines) else 1
        _check(rule, f"{path}:{line}")
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
            scope="raw",
            kind=KIND,
            pack=pack,
            path=path,
            line=line,
            name=rule.id,
            namespace=f"{pack}/fingerprints/{path.stem}",
            meta=msgspec.to_builtins(rule),
            declared=declared[number],
        )


def _check(rule: PackageRule, place: str) -> None:
    if rule.match.is_empty:
        raise RuleError(f"{place}: {rule.id} asks nothing and would match everything")
    hours = rule.match.hours
    if hours is not None and not all(0 <= hour <= 24 for hour in hours):
        raise RuleError(f"{place}: hours of {rule.id} are from 0 to 24")
    for name in ("size", "artifacts", "audio", "clips"):
        span = getattr(rule.match, name)
        if span is not None and span.max is not None and span.max < span.min:
            raise RuleError(f"{place}: {name} of {rule.id} can never be {span}")


def _line_of(message: str, lines: list[int]) -> int:
    found = re.search(r"rule\[(\d+)\]", message)
    return lines[int(found[1])] if found and int(found[1]) < len(lines) else 1
