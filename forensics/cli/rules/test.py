"""`earwitness rules test`: a pack on its samples."""

from __future__ import annotations

from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.cli.rules.books import JSON, PACKS, analyser, places_of
from forensics.resources import samples_folder
from forensics.rulebook.book import Rulebook
from forensics.rulebook.trial import Result, Summary, find_cases, run, sample_folders, summarise
from forensics.text_safety import visible


@click.command()
@PACKS
@JSON
@click.pass_obj
def test(session: Session, packs: tuple[Path, ...], is_json: bool) -> int:
    """Run every rule on its samples: hits must be found, near misses must not. Exit 0: all agree, 1: not."""
    book = Rulebook.load(places_of(session, packs)).activated()
    cases = find_cases(book, sample_folders(book, samples_folder()))
    results = []
    for result in run(cases, analyser(book, session.config.limits)):
        results.append(result)
        _print_result(result, is_json=is_json)
    summary = summarise(book, results)
    _print_summary(summary, is_json=is_json)
    return 1 if summary.failed else 0


def _print_result(result: Result, *, is_json: bool) -> None:
    case = result.case
    if is_json:
        json_line(
            {
                "rule": case.rule,
                "case": case.name,
                "expect": case.expect,
                "passed": result.is_passed,
                "detail": result.detail,
            }
        )
    else:
        word = "pass" if result.is_passed else "FAIL"
        click.echo(visible(f"{word} {case.name}" + (f": {result.detail}" if result.detail else "")))


def _print_summary(summary: Summary, *, is_json: bool) -> None:
    if is_json:
        json_line(
            {
                "summary": {
                    "rules": summary.rules,
                    "cases": summary.cases,
                    "passed": summary.cases - summary.failed,
                    "failed": summary.failed,
                    "without_hit": list(summary.without_hit),
                    "without_miss": list(summary.without_miss),
                }
            }
        )
        return
    click.echo(str(summary))
    for words, lacking in (("without a hit", summary.without_hit), ("without a near miss", summary.without_miss)):
        if lacking:
            click.echo(f"{words}: {', '.join(lacking)}")
