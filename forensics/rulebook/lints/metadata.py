"""What a rule says of itself: missing, unknown, contradictory or out of shape."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from forensics.model import Severity
from forensics.rulebook.checks import Remark, RuleCheck, Written, WrittenCheck
from forensics.rulebook.rule import SCOPES, STATUSES, Rule

REQUIRED = ("id", "title", "severity", "category", "author", "created", "version", "status")
OPTIONAL = ("description", "technique", "scope", "reference", "replaced_by", "sunset")
OTHERS = ("score", "authors", "references", "date", "hash", "license", "licence", "tlp", "sharing")
"""Keys that rules of other collections carry; nothing here reads them."""
MOST_TITLE = 90
_LEAST_KEY = 4
_SEVERITIES = tuple(severity.value for severity in Severity)


class Missing(RuleCheck):
    """What every rule has to say."""

    code, level = "R002", "error"
    about = f"says not what a rule must: {', '.join(REQUIRED)}"
    fix = "add it to the rule's meta"

    def find(self, rule: Rule) -> Iterator[Remark]:
        """One remark for all that is missing."""
        empty = [key for key in REQUIRED if str(rule.meta.get(key, " ")) == ""]
        missing = [key for key in REQUIRED if key not in rule.declared]
        if missing or empty:
            yield Remark(f"{rule.id} does not say its {', '.join([*missing, *empty])}")


class UnknownSeverity(RuleCheck):
    """A severity that is none."""

    code, level = "R003", "error"
    about = "a severity that is none: it would count as medium"
    fix = f"take one of {', '.join(_SEVERITIES)}"

    def find(self, rule: Rule) -> Iterator[Remark]:
        """Its value, when it is unknown."""
        yield from _unknown(rule, "severity", _SEVERITIES)


class UnknownStatus(RuleCheck):
    """A status that is none."""

    code, level = "R004", "error"
    about = "a status that is none: it would count as active"
    fix = f"take one of {', '.join(STATUSES)}"

    def find(self, rule: Rule) -> Iterator[Remark]:
        """Its value, when it is unknown."""
        yield from _unknown(rule, "status", STATUSES)


class UnknownScope(RuleCheck):
    """A scope that is none."""

    code, level = "R005", "error"
    about = "a scope that is none: it would count as raw"
    fix = f"take one of {', '.join(SCOPES)}"

    def find(self, rule: Rule) -> Iterator[Remark]:
        """Its value, when it is unknown."""
        yield from _unknown(rule, "scope", SCOPES)


class TechniqueShape(RuleCheck):
    """A technique that is no ATT&CK id."""

    code, level = "R006", "warning"
    about = "a technique that is no ATT&CK id"
    fix = "write an ATT&CK id like T1048 or T1036.008"

    def find(self, rule: Rule) -> Iterator[Remark]:
        """Its value, when it has another shape."""
        if rule.technique and not re.fullmatch(r"T\d{4}(\.\d{3})?", rule.technique, re.ASCII):
            yield Remark(f"{rule.id} has the technique {rule.technique!r}")


class CreatedShape(RuleCheck):
    """A date that is none."""

    code, level = "R007", "warning"
    about = "`created` is no date"
    fix = "write a date like 2026-11-22"

    def find(self, rule: Rule) -> Iterator[Remark]:
        """Its value, when it is no date."""
        try:
            date.fromisoformat(rule.created or "2000-01-01")
        except ValueError:
            yield Remark(f"{rule.id} was created on {rule.created!r}")


class VersionNumber(RuleCheck):
    """A version that cannot be counted on."""

    code, level = "R008", "error"
    about = "a version that is no whole number from 1"
    fix = "count versions from 1, without quotation marks"

    def find(self, rule: Rule) -> Iterator[Remark]:
        """Its value, when it is no such number."""
        if rule.version <= 0 and "version" in rule.declared:
            yield Remark(f"{rule.id} has the version {rule.meta.get('version')!r}")


class IdShape(RuleCheck):
    """An id unlike others."""

    code, level = "R009", "warning"
    about = "an id that policies and queries cannot well name"
    fix = "use capitals, digits and hyphens, like TEAM-AREA-NAME"
    pattern = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+", re.ASCII)

    def find(self, rule: Rule) -> Iterator[Remark]:
        """The id, when it has another shape."""
        if "id" in rule.declared and not self.pattern.fullmatch(rule.id):
            yield Remark(f"the id {rule.id!r} has an odd shape")


class LongTitle(RuleCheck):
    """A title for the queue."""

    code, level = "R010", "warning"
    about = f"a title of more than {MOST_TITLE} characters"
    fix = f"say it in {MOST_TITLE} characters: it stands in the queue"

    def find(self, rule: Rule) -> Iterator[Remark]:
        """How long it is."""
        if len(rule.title) > MOST_TITLE:
            yield Remark(f"the title of {rule.id} has {len(rule.title)} characters")


class NoReason(RuleCheck):
    """A rule that does not say why."""

    code, level = "R011", "info"
    about = "no description: who reads the alert does not learn why"
    fix = "add a description that says why it fires and what looks alike"

    def find(self, rule: Rule) -> Iterator[Remark]:
        """That it gives none."""
        if rule.kind == "yara" and not str(rule.meta.get("description", "")).strip():
            yield Remark(f"{rule.id} gives no reason")


class ReasonIsTitle(RuleCheck):
    """A description that says the title again."""

    code, level = "R012", "warning"
    about = "a description that only says the title again"
    fix = "say why it fires and what ordinary thing looks alike"

    def find(self, rule: Rule) -> Iterator[Remark]:
        """That both are the same, whatever case and full stop."""
        title, reason = (_plain(str(rule.meta.get(key, ""))) for key in ("title", "description"))
        if reason and reason == title:
            yield Remark(f"the description of {rule.id} is its title")


class MisspeltKey(WrittenCheck):
    """A key that is nearly one we know."""

    code, level = "R013", "warning"
    about = "a meta key that looks like a misspelt one, and so says nothing"
    fix = "write it as it is known"

    def find(self, written: Written) -> Iterator[Remark]:
        """The key and the one it may have been meant for."""
        known = (*REQUIRED, *OPTIONAL)
        for meta in written.text.metas:
            is_known = meta.key in (*known, *OTHERS) or len(meta.key) < _LEAST_KEY
            if near := difflib.get_close_matches(meta.key.lower(), known, 1, 0.8) if not is_known else []:
                yield Remark(f"{written.who} says {meta.key}, not {near[0]}", meta.start, f"write {near[0]}")


class SaidTwice(WrittenCheck):
    """A key with two values."""

    code, level = "R014", "error"
    about = "a meta key that stands twice: only one of them counts"
    fix = "keep one of them"

    def find(self, written: Written) -> Iterator[Remark]:
        """The second place of each."""
        seen: Counter[str] = Counter()
        for meta in written.text.metas:
            seen[meta.key] += 1
            if seen[meta.key] == 2:
                yield Remark(f"{written.who} says its {meta.key} twice", meta.start)


class Contradiction(RuleCheck):
    """Words that cannot both hold."""

    code, level = "R015", "warning"
    about = "what a rule says of itself cannot all hold: replaced, and active; replaced by itself"
    fix = "deprecate the rule, or leave out what says that it is replaced"

    def find(self, rule: Rule) -> Iterator[Remark]:
        """Each contradiction."""
        heir = str(rule.meta.get("replaced_by", ""))
        if heir == rule.id:
            yield Remark(f"{rule.id} is replaced by itself")
        said = [key for key in ("replaced_by", "sunset") if rule.meta.get(key)]
        if said and rule.status != "deprecated":
            yield Remark(f"{rule.id} is {rule.status} and says {' and '.join(said)}")


def _unknown(rule: Rule, key: str, known: Sequence[str]) -> Iterator[Remark]:
    value = rule.meta.get(key, known[0])
    if value not in known:
        yield Remark(f"{rule.id} has the {key} {value!r}")


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".!")
