"""Rules quoted beside what they hit: the strings and the condition as they stand in the file, without the meta."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from forensics.errors import EarwitnessError
from forensics.rulebook.book import Rulebook
from forensics.rulebook.rule import Rule
from forensics.rulebook.source import read_text

MOST_LINES = 200
_BEGINS = ("rule ", "private rule", "global rule", "[[rule]]")
_TOLD = re.compile(r"\s*(strings|condition)\s*:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The lines of a rule with their numbers in the file; `problem` says why there are none."""

    id: str
    file: str = ""
    lines: tuple[tuple[int, str], ...] = ()
    problem: str = ""

    def definition(self, label: str) -> tuple[int, str] | None:
        """The line that defines the string of that name, such as `$package`; None where no line does."""
        meant = re.compile(rf"\s*{re.escape(label)}\s*=") if label.startswith("$") else None
        return next((each for each in self.lines if meant is not None and meant.match(each[1])), None)

    @property
    def condition(self) -> Sequence[tuple[int, str]]:
        """The condition's lines; of a rule that is no YARA rule, all of it."""
        starts = [at for at, (_, text) in enumerate(self.lines) if text.strip().startswith("condition")]
        return [each for each in self.lines[starts[0] if starts else 0 :] if each[1].strip() != "}"]


def quotes(places: Sequence[Path], wanted: Iterable[str]) -> dict[str, Quote]:
    """The rules of these ids as they stand now in the packs; what no pack has is left out."""
    ids = dict.fromkeys(wanted)
    if not ids:
        return {}
    try:
        book = Rulebook.load(places)
    except EarwitnessError as error:
        return {id: Quote(id=id, problem=str(error)) for id in ids}
    return {id: _quote(rule) for id in ids if (rule := book.rule(id)) is not None}


def _quote(rule: Rule) -> Quote:
    try:
        lines = read_text(rule.path).splitlines()[rule.line - 1 :]
    except EarwitnessError as error:
        return Quote(id=rule.id, problem=str(error))
    ends = [at for at, line in enumerate(lines) if at and (line.startswith(_BEGINS) or line.rstrip() == "}")]
    whole = list(enumerate(lines[: ends[0] if ends else None], rule.line))
    told = [at for at, (_, text) in enumerate(whole) if _TOLD.match(text)]
    kept = [each for each in whole[told[0] if told else 0 :] if each[1].strip()]
    return Quote(id=rule.id, file=rule.namespace, lines=tuple(kept[:MOST_LINES]))
