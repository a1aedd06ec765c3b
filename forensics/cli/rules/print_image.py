"""`earwitness rules print image`: a rule that knows a picture again."""

from __future__ import annotations

from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.rules.printing import leave, observed, printed, read_apart
from forensics.errors import InputError
from forensics.rulebook.image_prints import DISTINCTIVE_TILES, IMAGE, MOST_DISTANCE, tiles
from forensics.text_safety import visible


@click.command()
@printed
@click.option("--distance", type=click.FloatRange(0, MOST_DISTANCE), help="Percent of it that may be otherwise (12).")
@click.pass_obj
def image(
    session: Session, *, file: Path, pack: Path, id: str, title: str, severity: str, distance: float | None
) -> int:
    """Print a rule for the picture in FILE: a plan, a photograph, a screen that must not leave.

    It is found saved in another format, scaled, grey, with a border, cropped by up to 5 % of each side; not turned or
    mirrored. For pictures that were issued use `earwitness register`, which knows to whom.
    """
    data = image_print(session, file)
    leave(pack, id, IMAGE, data, {} if distance is None else {"distance": distance}, title=title, severity=severity)
    if tiles(data) < DISTINCTIVE_TILES:
        click.echo(f"marks in {tiles(data)} of 64 parts are few: others may look like it", err=True)
    return 0


def image_print(session: Session, file: Path) -> bytes:
    """The print of the one picture in a file, made in a worker. Raises InputError where there is none."""
    result = read_apart(session, observed(file))
    prints = list(result.reading.pictures.values())
    if not prints:
        said = "; ".join(
            f"{each.kind.value.replace('_', ' ')} {each.reason}".strip() for each in result.analysis.outcomes
        )
        raise InputError(f"{visible(str(file))}: no picture was seen in it ({visible(said)})")
    if len(prints) > 1:
        raise InputError(f"{visible(str(file))}: {len(prints)} pictures in one file; print them one by one")
    if not prints[0]:
        raise InputError(f"{visible(str(file))}: too flat or too small to be known again")
    return prints[0]
