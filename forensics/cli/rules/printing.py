"""What the commands of `earwitness rules print` have in common: a file read apart, a print that is put in its place."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from forensics.cli.context import Session
from forensics.content import Content
from forensics.errors import InputError
from forensics.model import Observation, Severity
from forensics.rulebook.pack import FINGERPRINTS
from forensics.rulebook.prints import file_name, toml_of
from forensics.text_safety import visible
from forensics.worker.tasks import Result
from forensics.workers import WorkerPool

Made = TypeVar("Made", bound=Callable[..., object])


def printed(command: Made) -> Made:
    """The argument and the options that every kind has."""
    for option in (
        click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        click.option(
            "--into", "pack", required=True, type=click.Path(file_okay=False, path_type=Path), help="The pack."
        ),
        click.option("--id", "id", required=True, help="The rule's id, and the name of its print."),
        click.option("--title", default="", help="What the rule says when it matches."),
        click.option(
            "--severity",
            default=Severity.HIGH.value,
            show_default=True,
            type=click.Choice([each.value for each in Severity]),
        ),
    ):
        command = option(command)
    return command


def observed(file: Path) -> Observation:
    """A file as something seen, that does not leave. Raises InputError."""
    return Observation(
        key=str(file), channel="rule", time=0.0, name=file.name, content=Content.at(file), is_leaving=False
    )


def read_apart(session: Session, observation: Observation) -> Result:
    """Open a file to the bottom in a worker and take its sounds and texts."""
    with WorkerPool(session.config, session.store, count=1) as pool:
        return pool.read(observation).result()


def leave(
    pack: Path, id: str, kind: str, data: bytes, match: dict[str, str | float], *, title: str, severity: str
) -> None:
    """Put a print into a pack and its rule on stdout. Raises InputError where the print cannot be written."""
    try:
        path = pack / FINGERPRINTS / file_name(id)
    except ValueError as error:
        raise InputError(str(error)) from error
    passing = path.with_name(f".{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        passing.write_bytes(data)
        os.replace(passing, path)
    except OSError as error:
        raise InputError(f"{visible(str(path))}: {error.strerror}") from error
    click.echo(toml_of(id, kind, data, match, title=title or id, severity=severity), nl=False)
    click.echo(f"{visible(str(path))}: {len(data)} bytes; append the rule to a .toml beside it", err=True)
