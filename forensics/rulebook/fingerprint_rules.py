"""Rules of fingerprints/*.toml: one `[[rule]]` each, whose `kind` says what its `[rule.match]` asks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from forensics.errors import RuleError
from forensics.rulebook import audio_prints, canaries, fuzzy_rules, image_prints, package_conditions, text_prints
from forensics.rulebook.audio_prints import AUDIO
from forensics.rulebook.canaries import Planted
from forensics.rulebook.fuzzy_rules import FUZZY
from forensics.rulebook.image_prints import IMAGE
from forensics.rulebook.package_conditions import Asked
from forensics.rulebook.rule import STATUSES, Rule, RuleFile, severity_of
from forensics.rulebook.source import read_text, read_toml
from forensics.rulebook.text_prints import TEXT

PACKAGE, CANARY = "package", "canary"
_KINDS: Mapping[str, Callable[[dict[str, Any], Path], str]] = {
    PACKAGE: lambda match, _: package_conditions.problem(msgspec.convert(match, Asked)),
    CANARY: lambda match, _: canaries.problem(msgspec.convert(match, Planted)),
    AUDIO: lambda match, folder: audio_prints.problem(msgspec.convert(match, audio_prints.Heard), folder),
    FUZZY: lambda match, _: fuzzy_rules.problem(msgspec.convert(match, fuzzy_rules.Like)),
    IMAGE: lambda match, folder: image_prints.problem(msgspec.convert(match, image_prints.Seen), folder),
    TEXT: lambda match, folder: text_prints.problem(msgspec.convert(match, text_prints.Said), folder),
}
"""What is wrong with the `match` of a rule, by its kind; prints lie in the folder of the rules."""


class FingerprintRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[rule]]`; what may stand in `match` depends on its `kind`."""

    id: str
    kind: str
    match: dict[str, Any]
    title: str = ""
    description: str = ""
    severity: str = "medium"
    category: str = ""
    technique: str = ""
    author: str = ""
    created: str = ""
    version: int = 0
    status: str = "active"
    replaced_by: str = ""
    sunset: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: tuple[FingerprintRule, ...] = ()


def read_fingerprints(path: Path, pack: str) -> RuleFile:
    """Read one file of rules. Raises RuleError that begins with file and line."""
    return RuleFile(path=path, namespace=f"{pack}/fingerprints/{path.stem}", text="", rules=tuple(_rules(path, pack)))


def asked_of(rule: Rule) -> Asked:
    """What a rule of the kind `package` asks."""
    return msgspec.convert(rule.meta["match"], Asked)


def planted_by(rule: Rule) -> Planted:
    """What a rule of the kind `canary` knows of its words."""
    return msgspec.convert(rule.meta["match"], Planted)


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
        _check(rule, f"{path}:{line}", path.parent)
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
            kind=rule.kind,
            pack=pack,
            path=path,
            line=line,
            name=rule.id,
            namespace=f"{pack}/fingerprints/{path.stem}",
            meta=msgspec.to_builtins(rule),
            declared=declared[number],
        )


def _check(rule: FingerprintRule, place: str, folder: Path) -> None:
    """Raise RuleError for a match that cannot be asked, or that everything would satisfy."""
    problem_of = _KINDS.get(rule.kind)
    if problem_of is None:
        raise RuleError(f"{place}: unknown kind {rule.kind!r}; there are {', '.join(sorted(_KINDS))}")
    try:
        problem = problem_of(rule.match, folder)
    except msgspec.ValidationError as error:
        raise RuleError(f"{place}: match of {rule.id}: {error}") from error
    if problem:
        raise RuleError(f"{place}: {rule.id} {problem}")


def _line_of(message: str, lines: list[int]) -> int:
    found = re.search(r"rule\[(\d+)\]", message)
    return lines[int(found[1])] if found and int(found[1]) < len(lines) else 1
