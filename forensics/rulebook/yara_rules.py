"""YARA rules of a pack: yara/*.yar; what a rule says of itself stands in its meta section."""

from __future__ import annotations

from pathlib import Path

from forensics.rulebook.compiling import Declaration, inspect
from forensics.rulebook.rule import SCOPES, STATUSES, Rule, RuleFile, severity_of, version_of
from forensics.rulebook.source import read_text


def read_yara(path: Path, pack: str) -> RuleFile:
    """Read and compile one rule file. Raises RuleError that begins with file and line."""
    text = read_text(path)
    declared, warnings = inspect(text, path)
    namespace = f"{pack}/{path.parent.name}/{path.name}"
    rules = tuple(_rule(each, path, pack, namespace) for each in declared if not each.is_private)
    return RuleFile(path=path, namespace=namespace, text=text, rules=rules, warnings=tuple(warnings))


def _rule(declared: Declaration, path: Path, pack: str, namespace: str) -> Rule:
    meta = declared.meta
    scope, status = str(meta.get("scope", "raw")), str(meta.get("status", "active"))
    return Rule(
        id=str(meta.get("id", declared.name)),
        title=str(meta.get("title", meta.get("description", declared.name))),
        severity=severity_of(meta.get("severity", "medium")),
        category=str(meta.get("category", "")),
        technique=str(meta.get("technique", "")),
        author=str(meta.get("author", "")),
        created=str(meta.get("created", "")),
        version=version_of(meta.get("version")),
        status=status if status in STATUSES else "active",
        scope=scope if scope in SCOPES else "raw",
        kind="yara",
        pack=pack,
        path=path,
        line=declared.line,
        name=declared.name,
        namespace=namespace,
        meta=meta,
        declared=frozenset(meta),
    )
