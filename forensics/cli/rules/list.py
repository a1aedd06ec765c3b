"""`earwitness rules list`: what is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.cli.rules.books import JSON, PACKS, places_of
from forensics.cli.wording import counted
from forensics.examination import rules_in_force
from forensics.model import Severity
from forensics.rulebook.book import Rulebook
from forensics.rulebook.rule import Rule
from forensics.text_safety import visible


@click.command(name="list")
@PACKS
@JSON
@click.pass_obj
def list_rules(session: Session, packs: tuple[Path, ...], is_json: bool) -> int:
    """List the rules, gravest first within a pack; and which the monitor of this store had in force or refused last."""
    book = Rulebook.load(places_of(session, packs))
    for rule in _by_severity(book.rules):
        if is_json:
            json_line(_record(rule))
        else:
            status = "" if rule.is_active else f" ({_state(rule)})"
            line = f"{rule.id:<28} {rule.severity.value:<8} {rule.technique:<10} {rule.title}{status}"
            click.echo(visible(line))
    rules_said, packs_said = counted(len(book.rules), "rule"), counted(len(book.packs), "pack")
    click.echo(f"{rules_said} in {packs_said}, version {book.version}", err=True)
    for finding in rules_in_force(session.store):
        click.echo(visible(f"the monitor, {finding.detail}"), err=True)
    return 0


def _by_severity(found: Sequence[Rule]) -> Iterator[Rule]:
    order = list(Severity)
    yield from sorted(found, key=lambda rule: (rule.pack, -order.index(rule.severity), rule.id))


def _state(rule: Rule) -> str:
    """Its status, and of a deprecated rule what takes its place and until when it stays."""
    heir, sunset = (str(rule.meta.get(key, "")) for key in ("replaced_by", "sunset"))
    return rule.status + (f", replaced by {heir}" if heir else "") + (f", until {sunset}" if sunset else "")


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
        "replaced_by": str(rule.meta.get("replaced_by", "")),
        "sunset": str(rule.meta.get("sunset", "")),
        "version": rule.version,
        "pack": rule.pack,
        "file": str(rule.path),
        "line": rule.line,
        "description": str(rule.meta.get("description", "")),
    }
