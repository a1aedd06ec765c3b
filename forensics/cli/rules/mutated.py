"""What `rules mutate` prints: a line a rule, a matrix of mutations and recall, and the near misses that were found."""

from __future__ import annotations

from typing import Any

import click

from forensics.cli.render import json_line
from forensics.rulebook.book import Rulebook
from forensics.rulebook.mutating import every_step
from forensics.rulebook.recall import Attempt, Fate, Recall, Report, RuleRecall
from forensics.text_safety import visible

_MOST_ALARMS = 50


def print_report(report: Report, book: Rulebook) -> None:
    """The tables for people."""
    width = max((len(rule) for rule in report.rules), default=4)
    click.echo(f"{'rule':<{width}}  {'still found':>18}  {'weakest against':<22}  cheapest evasion")
    for each in sorted(report.rules.values(), key=lambda each: (each.total.share, each.rule)):
        click.echo(visible(f"{each.rule:<{width}}  {_share(each.total)}  {_weakest(each):<22}  {_evasion(each)}"))
    click.echo(f"\n{'mutation':<24}{'still found':>18}  by another rule")
    for step in sorted(every_step(), key=lambda step: (step.mutation.family, step.name)):
        if recall := report.by_step.get(step.name):
            other = f"{recall.other} of {recall.applied - recall.found}" if recall.applied > recall.found else ""
            click.echo(f"{step.name:<24}{_share(recall)}  {other}".rstrip())
    for alarm in report.alarms[:_MOST_ALARMS]:
        click.echo(visible(f"FOUND {alarm.case.name} after {' + '.join(alarm.steps)}, a near miss"))
    click.echo(_summary(report, book))


def report_lines(report: Report, book: Rulebook) -> None:
    """The same as JSON, an object a line."""
    for each in report.rules.values():
        cells = {step: _counts(recall) for step, recall in each.by_step.items()}
        cheapest = _attempt(each.cheapest) if each.cheapest else None
        json_line(
            {
                "rule": each.rule,
                **_counts(each.total),
                "weakest": each.weakest,
                "cheapest": cheapest,
                "mutations": cells,
            }
        )
    for name, recall in report.by_step.items():
        json_line({"mutation": name, **_counts(recall)})
    for alarm in report.alarms:
        json_line({"near_miss": alarm.case.name, "steps": list(alarm.steps)})
    counts = {"rules": len(report.rules), **_counts(report.total)}
    without = [rule.id for rule in book.rules if rule.id not in report.rules]
    near = {"tried": report.near_misses.applied, "found": len(report.alarms), "left_out": report.near_misses.left_out}
    counts |= {"exempt": report.exempt, "untried": report.untried}
    json_line({"summary": {**counts, "without_sample": without, "near_misses": near}})


def _summary(report: Report, book: Rulebook) -> str:
    total, near = report.total, report.near_misses
    unknown = f", {total.unknown + near.unknown} not looked at to the end" if total.unknown + near.unknown else ""
    unknown += f", {report.untried} not tried for lack of time" if report.untried else ""
    without = len(book.rules) - len(report.rules)
    lost = total.applied - total.found - total.other
    return (
        f"rules {len(report.rules)} (without a sample: {without}), changed samples {total.applied}: "
        f"{total.found} found, {total.other} by another rule, {lost} lost; "
        f"near misses {near.applied}: {len(report.alarms)} found; "
        f"left out {total.left_out + near.left_out}, exempt {report.exempt}{unknown}"
    )


def _share(recall: Recall) -> str:
    said = f"{recall.found} of {recall.applied}"
    return f"{said:>12} {100 * recall.share:>4.0f}%" if recall.applied else f"{said:>12}     -"


def _evasion(each: RuleRecall) -> str:
    cheapest = each.cheapest
    if cheapest is None:
        return "none found"
    other = f" (found by {cheapest.others[0]})" if cheapest.fate is Fate.OTHER else ""
    return f"{' + '.join(cheapest.steps)}{other}"


def _weakest(each: RuleRecall) -> str:
    return f"{each.weakest} {each.by_step[each.weakest].share:.0%}" if each.weakest else "nothing"


def _counts(recall: Recall) -> dict[str, int]:
    return {
        "applied": recall.applied,
        "found": recall.found,
        "other": recall.other,
        "left_out": recall.left_out,
        "unknown": recall.unknown,
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "steps": list(attempt.steps),
        "cost": attempt.cost,
        "case": attempt.case.name,
        "others": list(attempt.others),
    }
