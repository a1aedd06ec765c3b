"""A new rule as source: what it says of itself, its strings and its condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from forensics.rulebook.yara_text import quoted


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a draft is asked for: its id and what it says of itself."""

    id: str
    title: str
    author: str
    created: date
    severity: str = "medium"
    category: str = "package"
    about: str = ""
    reference: str = ""


def rule_source(wanted: Wanted, strings: Mapping[str, str], condition: str, *, scope: str = "raw") -> str:
    """A draft rule's text."""
    meta = {
        "id": quoted(wanted.id),
        "title": quoted(wanted.title),
        "description": quoted(wanted.about),
        "severity": quoted(wanted.severity),
        "category": quoted(wanted.category),
        "author": quoted(wanted.author),
        "created": quoted(wanted.created.isoformat()),
        "version": "1",
        "status": '"draft"',
        "scope": quoted(scope),
        "reference": quoted(wanted.reference),
    }
    lines = [f"        {key} = {value}" for key, value in meta.items() if value != '""']
    defined = [f"        {name} = {text}" for name, text in strings.items()]
    head = [f"rule {rule_name(wanted.id)}", "{", "    meta:", *lines, "    strings:", *defined]
    return "\n".join([*head, "    condition:", f"        {condition}", "}", ""])


def rule_name(id: str) -> str:
    """An id as a name of the rule language."""
    return id.lower().replace("-", "_")
