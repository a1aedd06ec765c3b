"""A rule file as checks see it: read, compiled, and each rule taken apart as it is written."""

from __future__ import annotations

from forensics.errors import RuleError
from forensics.model import Severity
from forensics.rulebook.checks import Loaded, Written
from forensics.rulebook.compiling import compile_sources
from forensics.rulebook.conditions import RuleText, read
from forensics.rulebook.patterns import Pattern, read_pattern
from forensics.rulebook.rule import Rule, RuleFile


def load(file: RuleFile) -> Loaded:
    """A file that was read, taken apart, and compiled for who asks YARA."""
    if not file.text:
        return Loaded(file=file, written=())
    compiled = compile_sources({file.namespace: file.text})
    try:
        texts = read(file.text).rules
    except (RuleError, IndexError, RecursionError) as error:
        why = f"line {error}" if isinstance(error, RuleError) else "it is written in an odd way"
        return Loaded(file=file, written=(), compiled=compiled, why_not=why)
    by_name = {rule.name: rule for rule in file.rules}
    written = [
        Written(file=file, text=text, rule=by_name.get(text.name) or _silent(text, file), patterns=_patterns(text))
        for text in texts
    ]
    return Loaded(file=file, written=written, compiled=compiled)


def _patterns(text: RuleText) -> dict[int, Pattern]:
    found = {}
    for number, string in enumerate(text.strings):
        try:
            found[number] = read_pattern(string.text)
        except (RuleError, ValueError, RecursionError):
            continue
    return found


def _silent(text: RuleText, file: RuleFile) -> Rule:
    """What stands for a private rule, which says nothing of itself."""
    return Rule(
        id=text.name,
        title="",
        severity=Severity.INFO,
        category="",
        technique="",
        author="",
        created="",
        version=0,
        status="active",
        scope="raw",
        kind="private",
        pack="",
        path=file.path,
        line=file.text.count("\n", 0, text.start) + 1,
        name=text.name,
        namespace=file.namespace,
    )
