"""Looks rule packs over before anybody relies on them: what is missing, unknown, taken twice, slow or untested."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from forensics.errors import RuleError
from forensics.model import Severity
from forensics.rulebook.pack import MANIFEST, find_packs, read_file, read_manifest, rule_paths
from forensics.rulebook.rule import SCOPES, STATUSES, Rule, RuleFile
from forensics.rulebook.trial import HIT, MISS

REQUIRED = ("id", "title", "severity", "category", "author", "created", "version", "status")
_PLACE = re.compile(r"^(?P<path>.+?):(?P<line>\d+): (?P<text>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One remark. `line` counts from 1, 0 is the file as a whole.

    `level`: error (does not load or cannot be relied on), warning, info.
    """

    path: Path
    line: int
    code: str
    level: str
    message: str
    fix: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else f"{self.path}"
        return f"{place}: {self.code} {self.level}: {self.message}; {self.fix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCheck:
    """One question put to every rule; `find` answers with what is wrong, or an empty text."""

    code: str
    level: str
    fix: str
    find: Callable[[Rule], str]


def _missing(rule: Rule) -> str:
    missing = [key for key in REQUIRED if key not in rule.declared]
    return f"{rule.id} does not say its {', '.join(missing)}" if missing else ""


def _unknown(key: str, known: Sequence[str]) -> Callable[[Rule], str]:
    def find(rule: Rule) -> str:
        value = rule.meta.get(key, known[0])
        return "" if value in known else f"{rule.id} has the {key} {value!r}"

    return find


def _id_shape(rule: Rule) -> str:
    return "" if re.fullmatch(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+", rule.id) else f"the id {rule.id!r} has an odd shape"


def _technique(rule: Rule) -> str:
    is_fine = not rule.technique or re.fullmatch(r"T\d{4}(\.\d{3})?", rule.technique)
    return "" if is_fine else f"{rule.id} has the technique {rule.technique!r}"


def _created(rule: Rule) -> str:
    try:
        date.fromisoformat(rule.created or "2000-01-01")
    except ValueError:
        return f"{rule.id} was created on {rule.created!r}"
    return ""


def _version(rule: Rule) -> str:
    is_fine = rule.version > 0 or "version" not in rule.declared
    return "" if is_fine else f"{rule.id} has the version {rule.meta.get('version')!r}"


def _title(rule: Rule) -> str:
    return "" if len(rule.title) <= 90 else f"the title of {rule.id} has {len(rule.title)} characters"


def _description(rule: Rule) -> str:
    is_fine = rule.kind != "yara" or "description" in rule.declared
    return "" if is_fine else f"{rule.id} gives no reason"


_SEVERITIES = tuple(severity.value for severity in Severity)
RULE_CHECKS = (
    RuleCheck(code="R002", level="error", fix="add it to the rule's meta", find=_missing),
    RuleCheck(
        code="R003",
        level="error",
        fix=f"take one of {', '.join(_SEVERITIES)}",
        find=_unknown("severity", ("medium", *_SEVERITIES)),
    ),
    RuleCheck(
        code="R004",
        level="error",
        fix=f"take one of {', '.join(STATUSES)}",
        find=_unknown("status", ("active", *STATUSES)),
    ),
    RuleCheck(code="R005", level="error", fix=f"take one of {', '.join(SCOPES)}", find=_unknown("scope", SCOPES)),
    RuleCheck(code="R006", level="warning", fix="write an ATT&CK id like T1048 or T1036.008", find=_technique),
    RuleCheck(code="R007", level="warning", fix="write a date like 2026-11-22", find=_created),
    RuleCheck(code="R008", level="error", fix="count versions from 1", find=_version),
    RuleCheck(
        code="R009", level="warning", fix="use capitals, digits and hyphens, like TEAM-AREA-NAME", find=_id_shape
    ),
    RuleCheck(code="R010", level="warning", fix="say it in 90 characters: it stands in the queue", find=_title),
    RuleCheck(code="R011", level="info", fix="add a description that says why it fires", find=_description),
)


def lint(places: Iterable[Path], samples: Sequence[Path]) -> list[Finding]:
    """Every remark on the packs at some places, ordered by file and line. Never raises for what is in them.

    `samples` are folders of samples beside the packs' own.
    """
    findings: list[Finding] = []
    rules: list[Rule] = []
    folders = list(samples)
    for place in _packs(places, findings):
        folders.append(place / "samples")
        for file in _files(place, findings):
            findings += _warnings(file)
            rules += file.rules
    findings += _taken(rules)
    for rule in rules:
        findings += _remarks(rule)
        findings += _samples(rule, folders)
    return sorted(findings, key=lambda finding: (str(finding.path), finding.line, finding.code))


def _packs(places: Iterable[Path], findings: list[Finding]) -> Iterator[Path]:
    for place in places:
        try:
            yield from find_packs(place)
        except RuleError as error:
            findings.append(_broken(error, place))


def _files(place: Path, findings: list[Finding]) -> Iterator[RuleFile]:
    pack = place.stem
    try:
        pack = read_manifest(place).id
    except RuleError as error:
        findings.append(_broken(error, place / MANIFEST))
    if place.is_dir() and not (place / MANIFEST).exists():
        findings.append(
            Finding(
                path=place / MANIFEST,
                line=1,
                code="P001",
                level="warning",
                message="the pack does not say what it is",
                fix="write id, name, version and licence",
            )
        )
    for path in rule_paths(place):
        try:
            yield read_file(path, pack)
        except RuleError as error:
            findings.append(_broken(error, path))


def _broken(error: RuleError, path: Path) -> Finding:
    found = _PLACE.match(str(error))
    return Finding(
        path=Path(found["path"]) if found else path,
        line=int(found["line"]) if found else 0,
        code="R000",
        level="error",
        message=found["text"] if found else str(error).removeprefix(f"{path}: "),
        fix="nothing of a pack is used until all of it loads",
    )


def _warnings(file: RuleFile) -> Iterator[Finding]:
    for warned in file.warnings:
        yield Finding(
            path=file.path,
            line=warned.line,
            code="Y100",
            level="warning",
            message=warned.text,
            fix="give the engine four fixed bytes to look for, and bounds to every repetition",
        )


def _taken(rules: Iterable[Rule]) -> Iterator[Finding]:
    seen: dict[str, Rule] = {}
    for rule in rules:
        other = seen.setdefault(rule.id, rule)
        if other is not rule:
            message = f"the id {rule.id} is taken by {other.path}:{other.line}"
            yield _at(rule, code="R001", level="error", message=message, fix="ids are for ever: take a new one")


def _remarks(rule: Rule) -> Iterator[Finding]:
    for check in RULE_CHECKS:
        if message := check.find(rule):
            yield _at(rule, code=check.code, level=check.level, message=message, fix=check.fix)


def _samples(rule: Rule, folders: Sequence[Path]) -> Iterator[Finding]:
    for code, kind, words in (("R020", HIT, "hit"), ("R021", MISS, "near miss")):
        if not any((folder / rule.id / kind).is_dir() for folder in folders):
            message, fix = f"{rule.id} has no {words}", f"put a sample into samples/{rule.id}/{kind}/"
            yield _at(rule, code=code, level="warning", message=message, fix=fix)


def _at(rule: Rule, *, code: str, level: str, message: str, fix: str) -> Finding:
    return Finding(path=rule.path, line=rule.line, code=code, level=level, message=message, fix=fix)
