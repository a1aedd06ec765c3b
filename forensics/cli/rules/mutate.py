"""`earwitness rules mutate`: what becomes of each rule when its samples are changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.rules.books import JSON, PACKS, chosen_rules, places_of
from forensics.cli.rules.counting import Counting
from forensics.cli.rules.mutated import print_report, report_lines
from forensics.cli.rules.test import JOBS, RULES
from forensics.resources import samples_folder
from forensics.rulebook.book import Rulebook
from forensics.rulebook.cases import Case, exemptions, find_cases, sample_folders, written_cases
from forensics.rulebook.mutating import Step, every_step, steps_of


@click.command()
@PACKS
@RULES
@click.option("--with", "names", multiple=True, metavar="MUTATION", help="Only this: zip, edit:0.3, document:docx, ...")
@click.option("--samples", type=click.IntRange(1, 1000), default=3, show_default=True, help="Of each rule and kind.")
@click.option("--seed", type=int, default=1, show_default=True, help="Other edits, names and noise.")
@click.option("--seconds", type=click.IntRange(1), default=600, show_default=True, help="Processor time for it all.")
@click.option("--least", type=click.IntRange(0, 100), default=0, help="Exit 1 when a rule is found in fewer percent.")
@JOBS
@JSON
@click.pass_obj
def mutate(
    session: Session,
    *,
    packs: tuple[Path, ...],
    rules: tuple[str, ...],
    names: tuple[str, ...],
    samples: int,
    seed: int,
    seconds: int,
    least: int,
    jobs: int | None,
    is_json: bool,
) -> int:
    """Change the samples of every rule in all the ways there are, and say what each rule is lost to.

    Of each rule: how many of its changed samples it still finds, the change that loses most, and the cheapest evasion,
    with another rule that finds it all the same where one does; of each change how much of the pack it leaves. Near
    misses must stay misses. What cannot be done to a sample is left out and counted, and so is what a pack exempts.

    Exit 0: no near miss became a hit (and no rule fell below --least), 1: not.
    """
    from forensics.evading import evaded
    from forensics.trials import trials

    places = places_of(session, packs)
    book = Rulebook.load(places).activated()
    tried = replace(book, by_id={rule.id: rule for rule in chosen_rules(book, rules)})
    cases = _cases(tried, samples, seed)
    steps: Sequence[Step] = steps_of(names) if names else every_step()
    counting = Counting("changed samples tried")
    with counting, trials(session.config, places, cases=len(cases) * len(steps), jobs=jobs or 0) as running:
        report = evaded(running, cases, steps, exemptions(book), most_cpu_s=seconds, tell=lambda _: counting.count())
    if is_json:
        report_lines(report, tried)
    else:
        print_report(report, tried)
    is_low = any(100 * each.total.share < least for each in report.rules.values())
    return int(bool(report.alarms) or is_low)


def _cases(book: Rulebook, most: int, seed: int) -> list[Case]:
    """So many cases of each rule and expectation, samples before written ones."""
    written = [case for case in written_cases(book) if isinstance(case, Case)]
    every = sorted([*find_cases(book, sample_folders(book, samples_folder())), *written], key=_kind)
    groups = groupby(every, key=_kind)
    return [replace(case, seed=seed) for _, group in groups for case in list(group)[:most]]


def _kind(case: Case) -> tuple[str, str]:
    return case.rule, case.expect
