"""`earwitness rules lint`: what a pack lacks, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.cli.rules.books import JSON, PACKS, places_of
from forensics.cli.wording import counted
from forensics.errors import RuleError
from forensics.resources import samples_folder
from forensics.rulebook.checks import Finding
from forensics.rulebook.lint_apart import lint_apart
from forensics.rulebook.lint_baseline import compare, write_baseline
from forensics.rulebook.lint_mending import mend_file
from forensics.rulebook.lints.files import Broken
from forensics.rulebook.pack import YARA_SUFFIXES, find_packs, rule_paths
from forensics.text_safety import visible

_PATH = click.Path(path_type=Path, dir_okay=False)


@click.command()
@PACKS
@click.option("--baseline", type=_PATH, help="Leave out what this file records.")
@click.option("--write-baseline", "is_written", is_flag=True, help="Record everything that is found in --baseline.")
@click.option("--fix", "is_fixed", is_flag=True, help="Mend spaces, the order of meta, missing version, date, status.")
@JSON
@click.pass_obj
def lint(
    session: Session,
    *,
    packs: tuple[Path, ...],
    baseline: Path | None,
    is_written: bool,
    is_fixed: bool,
    is_json: bool,
) -> int:
    """Look packs over: what is missing, unknown, contradictory, taken twice, slow, without sense or untested.

    Each finding has its place, its code (the table in rules/README.md says what it means) and its mend. Rules are
    compiled in a process of their own with limits. Exit 0: nothing to mend but what is info, 1: something.
    """
    if is_written and baseline is None:
        raise click.UsageError("--write-baseline says that, --baseline FILE where")
    places, samples = places_of(session, packs), [samples_folder() / "rules"]
    findings = lint_apart(places, samples)
    if is_fixed and _mend(findings, places):
        findings = lint_apart(places, samples)
    known = ""
    if baseline is not None and is_written:
        write_baseline(findings, baseline)
        findings, known = [], f", {counted(len(findings), 'finding')} recorded"
    elif baseline is not None:
        compared = compare(findings, baseline)
        findings = compared.new
        known = f", {compared.known} known" + (f"; the baseline names {compared.gone} more" if compared.gone else "")
    print_findings(findings, is_json=is_json)
    click.echo(counted(len(findings), "finding") + known, err=True)
    return 1 if any(finding.level != "info" for finding in findings) else 0


def print_findings(findings: Sequence[Finding], *, is_json: bool) -> None:
    """One line each."""
    for finding in findings:
        if not is_json:
            click.echo(visible(str(finding)))
            continue
        json_line(
            {
                "file": str(finding.path),
                "line": finding.line or None,
                "column": finding.column or None,
                "rule": finding.rule,
                "code": finding.code,
                "level": finding.level,
                "message": finding.message,
                "fix": finding.fix,
            }
        )


def _mend(findings: Sequence[Finding], places: Sequence[Path]) -> int:
    """Mend the rule files that load; how many were."""
    broken = {finding.path for finding in findings if finding.code == Broken.code}
    count = 0
    for path in _sources(places):
        mend = mend_file(path, today=date.today()) if path not in broken else None
        if mend is not None:
            count += 1
            click.echo(visible(f"{path}: {'; '.join(mend.done)}"), err=True)
    return count


def _sources(places: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for place in places:
        try:
            found += [path for pack in find_packs(place) for path in rule_paths(pack) if path.suffix in YARA_SUFFIXES]
        except RuleError:
            continue
    return found
