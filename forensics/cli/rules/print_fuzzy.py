"""`earwitness rules print fuzzy`: a rule that knows a whole file again, edited or not."""

from __future__ import annotations

from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.rules.printing import observed
from forensics.cli.rules.subject import part_of
from forensics.errors import InputError, Malformed
from forensics.fingerprints.fuzzy import MOST_BYTES, fuzzy
from forensics.model import Severity
from forensics.rulebook.fuzzy_rules import DISTANCE, FUZZY, MOST_DISTANCE
from forensics.rulebook.prints import rule_text
from forensics.text_safety import visible


@click.command(name="fuzzy")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--part", metavar="NAME", help="Of a container, this part: word/document.xml.")
@click.option("--id", "id", required=True, help="The rule's id.")
@click.option("--title", default="", help="What the rule says when it matches.")
@click.option(
    "--severity",
    default=Severity.HIGH.value,
    show_default=True,
    type=click.Choice([each.value for each in Severity]),
)
@click.option(
    "--distance",
    default=DISTANCE,
    show_default=True,
    type=click.IntRange(0, MOST_DISTANCE),
    help="How far a file may be from it; an edit of a tenth is about 25.",
)
@click.pass_obj
def print_fuzzy(
    session: Session, *, file: Path, part: str | None, id: str, title: str, severity: str, distance: int
) -> int:
    """Print a rule for FILE as a whole: a tool, a template, a form of which copies are edited.

    The rule holds a digest; nothing lies beside it. What is compressed differs as a whole when a word is changed: of a
    document print the part that holds the text (--part).
    """
    seen = observed(file)
    if part is not None:
        seen = part_of(session, seen, part)
    if seen.content.size > MOST_BYTES:
        raise InputError(f"{visible(seen.name)}: larger than {MOST_BYTES >> 20} MiB")
    try:
        made = fuzzy(seen.content.bytes())
    except Malformed as error:
        raise InputError(f"{visible(seen.name)}: {error}") from error
    match: dict[str, str | float] = {"digest": str(made), "distance": distance}
    click.echo(rule_text(id, FUZZY, match, title=title or id, severity=severity), nl=False)
    return 0
