"""Which packs a command of `earwitness rules` is about, and what runs them over content without a store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.config import Limits
from forensics.content import Content
from forensics.errors import InputError, RuleError
from forensics.model import Analysis, Observation, Versions
from forensics.resources import rules_folder
from forensics.rulebook.book import Rulebook
from forensics.rulebook.cases import CHANNEL
from forensics.rulebook.rule import Rule
from forensics.rulebook.trial import Analyse
from forensics.text_safety import visible

PACKS = click.argument("packs", nargs=-1, type=click.Path(path_type=Path), metavar="[PACK]...")
JSON = click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")


def places_of(session: Session, packs: Sequence[Path]) -> list[Path]:
    """The packs that were named, else the shipped one and those of the configuration."""
    return list(packs) or [rules_folder() / "starter", *session.config.rules]


def chosen_rules(book: Rulebook, names: Sequence[str]) -> list[Rule]:
    """The rules of these ids or names, all of the book without any. Raises InputError for one that there is not."""
    found = []
    for name in names:
        rule = book.rule(name) or next((each for each in book.rules if each.name == name), None)
        if rule is None:
            near = [each.id for each in book.rules if name.casefold() in each.id.casefold()][:5]
            hint = f"did you mean {', '.join(near)}" if near else "earwitness rules list names them"
            raise InputError(f"no rule {visible(name)}; {hint}")
        found.append(rule)
    return found or list(book.rules)


def analyser(book: Rulebook, limits: Limits) -> Analyse:
    """What opens content and runs a book's rules over it, without register and store."""
    from forensics.changing import LEFT_OUT, changed
    from forensics.pipeline import ENGINE, Pipeline, load_decoders, rule_matchers
    from forensics.register.book import Register

    register = Register.empty()
    pipeline = Pipeline(
        decoders=load_decoders(),
        matchers=[kind(book, register) for kind in rule_matchers()],
        limits=limits,
        versions=Versions(engine=ENGINE, rules=book.version),
        rulebook=book,
    )

    def analyse(
        content: Content, name: str, *, channel: str = CHANNEL, steps: Sequence[str] = (), seed: int = 0
    ) -> Analysis:
        seen = Observation(key=name, channel=channel, time=0.0, name=name, content=content)
        made = changed(pipeline, seen, steps, seed) if steps else seen
        if made is None:
            raise RuleError(f"{name}: {', '.join(steps)}: {LEFT_OUT}")
        return pipeline.analyse(made)

    return analyse
