"""`earwitness rules explain`: why a rule matched, and what keeps it from matching."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

import forensics.matchers
from forensics import plugins
from forensics.cli.context import Session
from forensics.cli.opening import Approved, unsealed_option
from forensics.cli.render import json_line
from forensics.cli.rules.books import JSON, places_of
from forensics.cli.rules.explained import print_artifact, record
from forensics.cli.rules.subject import observation_of
from forensics.cli.wording import counted
from forensics.errors import InputError
from forensics.explaining import explain
from forensics.matchers.base import Matcher
from forensics.model import Versions
from forensics.pipeline import ENGINE, IDENTIFYING, Pipeline, load_decoders
from forensics.register.book import Register
from forensics.rulebook.book import Rulebook
from forensics.rulebook.explanation import Explanation, Valued
from forensics.rulebook.rule import Rule
from forensics.text_safety import visible

NEAREST = 3
"""Misses that are told of each artifact where no rule was named, and candidates of the register."""


@click.command(name="explain")
@click.argument("subject", metavar="FILE|ID")
@click.argument("rules", nargs=-1, metavar="[RULE]...")
@click.option("--pack", "packs", multiple=True, type=click.Path(path_type=Path), help="Instead of the packs in force.")
@click.option("--channel", default="sample", help="The way out that the rules are told of.", show_default=True)
@click.option("--all", "is_all", is_flag=True, help="Every rule over every artifact, whole.")
@unsealed_option
@JSON
@click.pass_obj
def explain_file(
    session: Session,
    *,
    subject: str,
    rules: tuple[str, ...],
    packs: tuple[Path, ...],
    channel: str,
    is_all: bool,
    unsealed: Approved,
    is_json: bool,
) -> int:
    """Open a file as the monitors would and show every rule's condition with the value of each node.

    Of a miss it names the nodes that would have to be otherwise, and strings that nearly occur. Without RULE: what
    matched, and the nearest misses. Of evidence (A12, O57) the content is taken from where it was seen, when it still
    lies there unchanged, or unsealed (--unsealed).

    Exit 0: a rule that was asked for matches, 1: none does.
    """
    book = Rulebook.load(places_of(session, packs))
    chosen = _chosen(book, rules)
    observation = observation_of(session, subject, channel, unsealed)
    explained = explain(_pipeline(session, book), book, chosen, observation, candidates=NEAREST)
    is_whole = is_all or bool(rules)
    for artifact in explained.analysis.artifacts:
        found = explained.of(artifact)
        shown = found if is_whole else _of_interest(found)
        registered = [m for m in explained.analysis.matches if m.artifact == artifact.number]
        if is_json:
            json_line(record(artifact, explained, shown, registered))
        else:
            print_artifact(artifact, explained, shown, registered, is_whole=is_all)
    matches = [each for each in explained.explanations if each.is_match]
    if not is_json:
        over = counted(len(explained.analysis.artifacts), "artifact")
        click.echo(f"{counted(len(chosen), 'rule')} over {over}: {len(matches)} matched", err=True)
    return 0 if matches else 1


def _chosen(book: Rulebook, names: Sequence[str]) -> list[Rule]:
    if not names:
        return [rule for rule in book.rules if rule.is_active]
    found = []
    for name in names:
        rule = book.rule(name) or next((each for each in book.rules if each.name == name), None)
        if rule is None:
            near = [each.id for each in book.rules if name.casefold() in each.id.casefold()][:5]
            hint = f"; did you mean {', '.join(near)}" if near else "; earwitness rules list names them"
            raise InputError(f"no rule {visible(name)}{hint}")
        found.append(rule)
    return found


def _pipeline(session: Session, book: Rulebook) -> Pipeline:
    """Decoders, and the matchers of the register: what rules say is asked node by node."""
    register = Register.load(session.store)
    kinds = plugins.discover(forensics.matchers, Matcher)  # type: ignore[type-abstract]
    return Pipeline(
        decoders=load_decoders(),
        matchers=[kind(book, register, session.config) for kind in kinds if kind.name in IDENTIFYING],
        limits=session.config.limits,
        versions=Versions(engine=ENGINE, rules=book.version, index=register.version),
    )


def _of_interest(found: Sequence[Explanation]) -> list[Explanation]:
    """What matched, and the nearest misses, of which some node is true."""
    matches = [each for each in found if each.is_match]
    near = [each for each in found if each.tree is not None and not each.is_match and _has_true_leaf(each.tree)]
    return [*matches, *near[:NEAREST]]


def _has_true_leaf(tree: Valued) -> bool:
    return any(node.is_true and not node.children for node in tree.walk())
