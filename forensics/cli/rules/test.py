"""`earwitness rules test`: a pack on its samples and cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.cli.rules.books import JSON, PACKS, chosen_rules, places_of
from forensics.errors import InputError
from forensics.resources import samples_folder
from forensics.rulebook.book import Rulebook
from forensics.rulebook.cases import BadCase, Case, find_cases, sample_folders, written_cases
from forensics.rulebook.junit import junit
from forensics.rulebook.trial import Found, Result, Summary, Verdict, summarise
from forensics.text_safety import visible

RULES = click.option("--rule", "rules", multiple=True, metavar="ID", help="Only this rule; may be given again.")
JOBS = click.option("--jobs", type=click.IntRange(1, 64), help="Workers to use.  [default: as many as are worth it]")


@click.command()
@PACKS
@RULES
@JOBS
@click.option("--junit", "report", type=click.Path(path_type=Path, dir_okay=False), help="Also write JUnit XML here.")
@click.option("--engines", "is_compared", is_flag=True, help="Also ask the other engines that are installed.")
@JSON
@click.pass_obj
def test(
    session: Session,
    *,
    packs: tuple[Path, ...],
    rules: tuple[str, ...],
    jobs: int | None,
    report: Path | None,
    is_compared: bool,
    is_json: bool,
) -> int:
    """Run every rule on its cases: what is to match must be found, near misses must not.

    Cases are the samples in samples/RULE/{hit,miss} and the [[case]] tables in tests/RULE/*.toml of a pack. Of what was
    not found it is said which node of the rule's condition failed. A case marked todo that does not pass yet fails
    nobody; one that passes all the same is told as xpass. With --engines yara-x and boreal, where they are installed,
    are asked about every part of every case, and rules that they see otherwise than yara-python are told.

    Exit 0: all agree, 1: not.
    """
    places = places_of(session, packs)
    book = Rulebook.load(places).activated()
    tried = replace(book, by_id={rule.id: rule for rule in chosen_rules(book, rules)})
    written = [case for case in written_cases(book) if not rules or case.rule in tried.by_id]
    cases = [*find_cases(tried, sample_folders(book, samples_folder())), *written]
    results = []
    for result in _results(session, book, places, cases, jobs or 0):
        results.append(result)
        _print_result(result, is_json=is_json)
    if report is not None:
        _write(report, junit(results))
    summary = summarise(tried, results)
    is_agreed = not is_compared or _compare(session, book, cases, is_json=is_json)
    _print_summary(summary, is_json=is_json)
    return 0 if is_agreed and not summary.failed else 1


def _compare(session: Session, book: Rulebook, cases: Sequence[Case | BadCase], *, is_json: bool) -> bool:
    from forensics.cli.rules.engines import compare_engines

    return compare_engines(session.config, book, cases, is_json=is_json)


def _results(
    session: Session, book: Rulebook, places: Sequence[Path], cases: Sequence[Case | BadCase], jobs: int
) -> Iterator[Result]:
    from forensics.trials import WhyNot, trials

    if not cases:
        return
    why_not = WhyNot(config=session.config, book=book)
    with trials(session.config, places, cases=len(cases), jobs=jobs) as running:
        for result in running.results(cases):
            yield why_not.told(result)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def _print_result(result: Result, *, is_json: bool) -> None:
    case = result.case
    if is_json:
        json_line(
            {
                "rule": case.rule,
                "case": case.name,
                "expect": case.expect if isinstance(case, Case) else None,
                "file": str(case.path),
                "line": case.line or None,
                "verdict": result.verdict.value,
                "passed": result.is_passed,
                "detail": result.detail,
                "found": _place(result.found) if result.found else None,
            }
        )
    else:
        at = f" ({case.path}:{case.line})" if isinstance(case, Case) and case.line and _is_told(result) else ""
        detail = f": {result.detail}" if result.detail else ""
        click.echo(visible(f"{result.verdict} {case.name}{at}{detail}"))


def _place(found: Found) -> dict[str, Any]:
    strings = [{"name": name, "offset": offset} for name, offset in found.spots]
    return {"path": list(found.path), "strings": strings}


def _is_told(result: Result) -> bool:
    return result.verdict is not Verdict.PASS


def _print_summary(summary: Summary, *, is_json: bool) -> None:
    if is_json:
        counts = {verdict.value.lower(): count for verdict, count in summary.counts.items()}
        json_line(
            {
                "summary": {
                    "rules": summary.rules,
                    "cases": summary.cases,
                    "passed": counts["pass"],
                    "failed": summary.failed,
                    "todo": counts["todo"],
                    "xpass": counts["xpass"],
                    "bad": counts["bad"],
                    "without_hit": list(summary.without_hit),
                    "without_miss": list(summary.without_miss),
                }
            }
        )
        return
    click.echo(str(summary))
    for words, lacking in (("without a hit", summary.without_hit), ("without a near miss", summary.without_miss)):
        if lacking:
            click.echo(visible(f"{words}: {', '.join(lacking)}"))
