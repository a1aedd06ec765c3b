"""`earwitness rules`: try, lint and list rule packs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.cli.wording import counted
from forensics.config import Limits
from forensics.content import Content
from forensics.model import Analysis, Observation, Severity, Versions
from forensics.resources import rules_folder, samples_folder
from forensics.rulebook.book import Rulebook
from forensics.rulebook.lint import lint as look_over
from forensics.rulebook.rule import Rule
from forensics.rulebook.trial import Result, Summary, find_cases, run, sample_folders, summarise
from forensics.text_safety import visible

PACKS = click.argument("packs", nargs=-1, type=click.Path(path_type=Path), metavar="[PACK]...")
JSON = click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")


@click.group()
def rules() -> None:
    """Rule packs: try their samples, look them over, list them. Without PACK: the shipped and the configured ones."""


@rules.command()
@PACKS
@JSON
@click.pass_obj
def test(session: Session, packs: tuple[Path, ...], is_json: bool) -> int:
    """Run every rule on its samples: hits must be found, near misses must not. Exit 0: all agree, 1: not."""
    book = Rulebook.load(_places(session, packs)).activated()
    cases = find_cases(book, sample_folders(book, samples_folder()))
    results = []
    for result in run(cases, analyser(book, session.config.limits)):
        results.append(result)
        _print_result(result, is_json=is_json)
    summary = summarise(book, results)
    _print_summary(summary, is_json=is_json)
    return 1 if summary.failed else 0


@rules.command()
@PACKS
@JSON
@click.pass_obj
def lint(session: Session, packs: tuple[Path, ...], is_json: bool) -> int:
    """Look packs over: what is missing, unknown, taken twice, slow or untested. Exit 0: nothing to mend, 1: not."""
    findings = look_over(_places(session, packs), [samples_folder() / "rules"])
    for finding in findings:
        if is_json:
            json_line(
                {
                    "file": str(finding.path),
                    "line": finding.line or None,
                    "code": finding.code,
                    "level": finding.level,
                    "message": finding.message,
                    "fix": finding.fix,
                }
            )
        else:
            click.echo(visible(str(finding)))
    click.echo(counted(len(findings), "finding"), err=True)
    return 1 if any(finding.level != "info" for finding in findings) else 0


@rules.command(name="list")
@PACKS
@JSON
@click.pass_obj
def list_rules(session: Session, packs: tuple[Path, ...], is_json: bool) -> int:
    """List the rules, gravest first within a pack."""
    book = Rulebook.load(_places(session, packs))
    for rule in _by_severity(book.rules):
        if is_json:
            json_line(_record(rule))
        else:
            status = "" if rule.is_active else f" ({rule.status})"
            line = f"{rule.id:<28} {rule.severity.value:<8} {rule.technique:<10} {rule.title}{status}"
            click.echo(visible(line))
    rules_said, packs_said = counted(len(book.rules), "rule"), counted(len(book.packs), "pack")
    click.echo(f"{rules_said} in {packs_said}, version {book.version}", err=True)
    return 0


def analyser(book: Rulebook, limits: Limits) -> Callable[[Content, str], Analysis]:
    """What opens content and runs a book's rules over it, without register and store."""
    from forensics.matchers.identifiers import IdentifierMatcher
    from forensics.matchers.yara import YaraMatcher
    from forensics.pipeline import ENGINE, Pipeline, load_decoders
    from forensics.register.book import Register

    register = Register.empty()
    pipeline = Pipeline(
        decoders=load_decoders(),
        matchers=[YaraMatcher(book, register), IdentifierMatcher(book, register)],
        limits=limits,
        versions=Versions(engine=ENGINE, rules=book.version),
    )

    def analyse(content: Content, name: str) -> Analysis:
        return pipeline.analyse(Observation(key=name, channel="sample", time=0.0, name=name, content=content))

    return analyse


def _places(session: Session, packs: Sequence[Path]) -> list[Path]:
    return list(packs) or [rules_folder() / "starter", *session.config.rules]


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


def _by_severity(found: Sequence[Rule]) -> Iterator[Rule]:
    order = list(Severity)
    yield from sorted(found, key=lambda rule: (rule.pack, -order.index(rule.severity), rule.id))


def _record(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity.value,
        "category": rule.category,
        "technique": rule.technique,
        "kind": rule.kind,
        "scope": rule.scope,
        "status": rule.status,
        "version": rule.version,
        "pack": rule.pack,
        "file": str(rule.path),
        "line": rule.line,
        "description": str(rule.meta.get("description", "")),
    }
