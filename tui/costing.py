"""What the rules cost by the last bench from this console: read from the figures that `rules bench --save` wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from forensics.errors import InputError
from forensics.rulebook.measured import RuleFigures, of_json
from forensics.rulebook.rule import Rule
from tui import wording
from tui.formatting import EMPTY, Safe, safe

FILES = 200
"""Ordinary files that a bench from the console looks at: some seconds' work; none matched still allows for 1.9 %."""
NAME = "rules-bench.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Costing:
    """A bench: figures by rule, over how many files, and when it was written (Unix seconds; 0.0 for never)."""

    rules: Mapping[str, RuleFigures] = field(default_factory=dict)
    files: int = 0
    time: float = 0.0

    def of(self, rule: Rule) -> RuleFigures | None:
        """The figures of a rule, None where this version of it was not measured."""
        found = self.rules.get(rule.id)
        return found if found is not None and found.version == rule.version else None


def read(path: Path) -> Costing:
    """The bench in a file; none where there is no file, or none that can be read."""
    try:
        time = path.stat().st_mtime
        bench = of_json(path)
    except (OSError, InputError):
        return Costing()
    return Costing(rules=bench.rules, files=bench.files, time=time)


def short(figures: RuleFigures | None) -> Safe:
    """Milliseconds of a processor for a MiB, in six columns at most; `!` for what was not to be measured."""
    if figures is None:
        return EMPTY
    if figures.problem:
        return Safe("!")
    return Safe("-" if figures.ms_per_mib is None else _digits(figures.ms_per_mib))


def told(figures: RuleFigures | None, costing: Costing, now: float) -> Safe:
    """The figures of one rule in a sentence."""
    if figures is None:
        was = "this version of the rule was not measured" if costing.time else "not measured yet"
        return Safe(f"cost: {was} (C)")
    cost = "no YARA rule, so it has no cost of its own"
    if figures.problem:
        cost = safe(figures.problem)
    elif figures.ms_per_mib is not None:
        cost = f"{_digits(figures.ms_per_mib)} ms/MiB alone, {figures.ratio or 0.0:.1f} times the reference rule"
    files = wording.amount(costing.files, "ordinary file")
    noise = f"matched {figures.hits:,} of {files} (at most {100 * figures.at_most:.1f} %)"
    return Safe(f"cost: {cost}; {noise}; measured {wording.ago(now - costing.time)}")


def _digits(ms: float) -> str:
    return f"{ms:,.0f}" if ms >= 100 else f"{ms:.1f}" if ms >= 10 else f"{ms:.2f}"
