"""`earwitness unregister`: what was issued and is to be known no longer."""

from __future__ import annotations

from collections import Counter

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.cli.wording import counted
from forensics.errors import InputError
from forensics.register.removal import Removed
from forensics.register.schema import FILE
from forensics.register.storage import RegisterWriter
from forensics.text_safety import visible


@click.command()
@click.argument("clips", nargs=-1)
@click.option("--package", "packages", multiple=True, help="A package with all that stands in no other; may repeat.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def unregister(session: Session, *, clips: tuple[str, ...], packages: tuple[str, ...], is_json: bool) -> int:
    """Remove clips with their texts, or whole packages, from the register.

    CLIPS are ids as `register` printed them; a text or file can be named by its id too. What is removed matches
    nothing from then on; evidence that was recorded before stays. Exit 0 when all of it was removed, 8 when an id
    is not registered; the others are removed all the same.
    """
    if not clips and not packages:
        raise click.UsageError("give clip ids, or packages with --package")
    if not (session.store / FILE).is_file():
        raise InputError(f"{session.store}: nothing is registered here")
    with RegisterWriter.open(session.store) as writer:
        gone, unknown = writer.remove(clips, packages)
    for item in gone:
        _print(item, is_json=is_json)
    for identity in unknown:
        _print_unknown(identity, is_json=is_json)
    counts = Counter(item.kind for item in gone)
    said = ", ".join(counted(counts[kind], kind) for kind in ("clip", "text", "file"))
    click.echo(f"{said} removed" + (f"; {counted(len(unknown), 'id')} not registered" if unknown else ""), err=True)
    return InputError.exit_code if unknown else 0


def _print(item: Removed, *, is_json: bool) -> None:
    if is_json:
        json_line(
            {
                "id": item.id,
                "kind": item.kind,
                "package": item.package,
                "name": item.name,
                "sha256": item.sha256,
                "outcome": "removed",
            }
        )
    else:
        click.echo(f"{item.kind:<5} {visible(item.id):<32} {'removed':>10}  {visible(item.package)}")


def _print_unknown(identity: str, *, is_json: bool) -> None:
    if is_json:
        json_line({"id": identity, "outcome": "unknown", "reason": "not registered"})
    else:
        click.echo(f"{'unknown':<10} {visible(identity)}: not registered", err=True)
