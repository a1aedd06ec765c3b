"""Which packs a command of `earwitness rules` is about, and what runs them over content without a store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.config import Limits
from forensics.content import Content
from forensics.model import Analysis, Observation, Versions
from forensics.resources import rules_folder
from forensics.rulebook.book import Rulebook

PACKS = click.argument("packs", nargs=-1, type=click.Path(path_type=Path), metavar="[PACK]...")
JSON = click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")


def places_of(session: Session, packs: Sequence[Path]) -> list[Path]:
    """The packs that were named, else the shipped one and those of the configuration."""
    return list(packs) or [rules_folder() / "starter", *session.config.rules]


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
