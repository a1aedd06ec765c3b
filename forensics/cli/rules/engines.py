"""`earwitness rules test --engines`: whether the other engines that are installed say the same of every case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from functools import partial

import click

from forensics.cli.render import json_line
from forensics.cli.wording import counted
from forensics.config import Config
from forensics.crosschecking import Agreement, crosschecked
from forensics.rulebook.book import Rulebook
from forensics.rulebook.cases import BadCase, Case
from forensics.rulebook.engines import ENGINES, REFERENCE, Engine, why_missing
from forensics.rulebook.engines_apart import EngineApart
from forensics.text_safety import visible


def compare_engines(config: Config, book: Rulebook, cases: Sequence[Case | BadCase], *, is_json: bool) -> bool:
    """Ask every engine but the reference about the cases, and print what became of it. True: none disagrees."""
    missing = {name: why for name in ENGINES if name != REFERENCE and (why := why_missing(name))}
    others = [name for name in ENGINES if name != REFERENCE and name not in missing]
    with ExitStack() as stack:
        engines: dict[str, Callable[[], Engine]] = {name: partial(_started, stack, name) for name in others}
        agreement = crosschecked(config, book, cases, engines) if engines else Agreement()
    if is_json:
        _records(agreement, missing)
    else:
        _lines(agreement, missing)
    return not agreement.disagreements


def _started(stack: ExitStack, name: str) -> Engine:
    return stack.enter_context(closing(EngineApart(name)))


def _records(agreement: Agreement, missing: dict[str, str]) -> None:
    for name, why in missing.items():
        json_line({"engine": name, "missing": why})
    for each in agreement.disagreements:
        told = {"what": each.what, "case": each.case, "path": each.path}
        json_line({"engine": each.engine, "rule": each.rule, **told})
    for name, scans in agreement.scans.items():
        refused, rules = agreement.refused[name], agreement.rules(name)
        json_line({"engine": name, "scans": scans, "disagrees": rules, "refused": refused})


def _lines(agreement: Agreement, missing: dict[str, str]) -> None:
    for name, why in missing.items():
        click.echo(f"engine {name} cannot be had: {why}")
    for each in agreement.disagreements:
        click.echo(visible(f"engine {each.engine}: {each.rule} {each.what}: {each.case}, in {each.path}"))
    for name, scans in agreement.scans.items():
        for why in agreement.refused[name]:
            click.echo(visible(f"engine {name} gives no answer: {why}"))
        rules = agreement.rules(name)
        said = f"disagrees about {counted(len(rules), 'rule')}: {', '.join(rules)}" if rules else "agrees"
        click.echo(visible(f"engine {name} {said}; {counted(scans, 'scan')} compared with {REFERENCE}"))
    if not agreement.scans:
        click.echo(f"engine {REFERENCE} was not compared with any other")
