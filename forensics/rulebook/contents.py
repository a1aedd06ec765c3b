"""What a rule says, as one digest: the same however it is spaced, commented and ordered."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from forensics.errors import RuleError
from forensics.rulebook.conditions import RuleText, read, tokens_of
from forensics.rulebook.rule import Rule
from forensics.rulebook.source import read_text

BESIDE = frozenset(("version", "status", "replaced_by", "sunset"))
"""What may change while the rule stays what it is: its version and where it stands in its life."""
_IN_HEX = re.compile(r"/\*.*?\*/|//[^\n]*|\s+", re.DOTALL)


def contents(rules: Iterable[Rule]) -> dict[str, str]:
    """The SHA-256 of what each rule says, by id. Raises RuleError for a file that cannot be read any more.

    Private rules of its file that a rule asks for are part of it: they have no version of their own. Of a file that
    cannot be taken apart every rule says the whole file.
    """
    found: dict[str, str] = {}
    for path, group in groupby(rules, key=lambda rule: rule.path):
        of_file = list(group)
        bodies = _bodies(path) if of_file[0].kind == "yara" else {}
        for rule in of_file:
            said = {key: value for key, value in rule.meta.items() if key not in BESIDE}
            whole = [rule.kind, rule.scope, said, list(rule.labels), bodies.get(rule.name, bodies.get("", ""))]
            found[rule.id] = hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
    return found


def together(contents: Mapping[str, str]) -> str:
    """One digest of all rules of a pack."""
    lines = "".join(f"{digest} {id}\n" for id, digest in sorted(contents.items()))
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()


def _bodies(path: Path) -> dict[str, str]:
    """What the rules of a YARA file ask for, by their names; under no name the file, when it is not understood."""
    text = read_text(path)
    try:
        rules = read(text).rules
        alone = {rule.name: _body(rule) for rule in rules}
    except (RuleError, IndexError, RecursionError):
        return {"": text}
    by_name = {rule.name: rule for rule in rules}
    everywhere = [rule.name for rule in rules if rule.is_global and rule.is_private]
    return {
        rule.name: "\n".join([alone[rule.name], *(alone[name] for name in _private(rule, by_name, everywhere))])
        for rule in rules
    }


def _private(rule: RuleText, by_name: Mapping[str, RuleText], everywhere: Sequence[str]) -> list[str]:
    """The private rules that a rule stands on, sorted."""
    found: set[str] = set()
    waiting = [*rule.names, *everywhere]
    while waiting:
        name = waiting.pop()
        other = by_name.get(name)
        if other is not None and other.is_private and name not in found and name != rule.name:
            found.add(name)
            waiting += other.names
    return sorted(found)


def _body(rule: RuleText) -> str:
    """Strings in the order of their names, as conditions do not tell one order from another, and the condition."""
    strings = sorted(f"{string.name} {' '.join(_words(f'= {string.text}'))}" for string in rule.strings)
    condition = " ".join(_words(rule.condition.text))
    return "\n".join([f"global {rule.is_global}", *strings, condition])


def _words(text: str) -> Iterator[str]:
    for token in tokens_of(text):
        yield _IN_HEX.sub("", token.text) if token.text.startswith("{") else token.text
