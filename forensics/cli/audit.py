"""`earwitness audit`: do packages tell of a device or a person?"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.cli.wording import counted
from forensics.content import Content
from forensics.deidentification.verdict import Audit, Verdict, audit
from forensics.errors import InputError
from forensics.matchers.deidentification import NAME
from forensics.model import Analysis, Observation
from forensics.text_safety import visible
from forensics.workers import Result, WorkerPool

MOST_SHOWN = 20
"""Reasons that are printed of a package; all of them with --json."""


@click.command(name="audit")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line, a package each.")
@click.pass_obj
def audit_packages(session: Session, *, paths: tuple[Path, ...], is_json: bool) -> int:
    """Audit packages for what tells of a device or a person: numbers, addresses, places, names, in texts and tags.

    A file is a package; so is a folder, or each folder in one that holds folders alone. Looked at are texts, numbers
    spoken in transcripts, tags of recordings, pictures and documents, comments and extra fields of archives, and names
    of files and folders. Of what is found the middle is hidden. Nothing is stored.

    Exit 0: all clean (or `traces`: names in fields for authors, which identify nobody alone), 1: something identifies,
    or was not wholly read.
    """
    counts = dict.fromkeys(Verdict, 0)
    with (
        tempfile.TemporaryDirectory(prefix="earwitness-audit-") as nobodys,
        WorkerPool(session.config, Path(nobodys)) as pool,
    ):
        for package in (each for path in paths for each in _packages(path)):
            result = _audited(package, pool)
            counts[result.verdict] += 1
            _print(result, is_json=is_json)
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    click.echo(f"{counted(sum(counts.values()), 'package')}: {said}", err=True)
    return int(counts[Verdict.IDENTIFYING] + counts[Verdict.NOT_READ] > 0)


def _packages(path: Path) -> Iterator[Path]:
    """The packages at a path. Raises InputError when nothing is there."""
    if not path.is_dir():
        if not path.exists():
            raise InputError(f"{path}: no such file or folder")
        yield path
        return
    inside = sorted(path.iterdir())
    if inside and all(each.is_dir() for each in inside):
        yield from inside
    else:
        yield path


def _audited(package: Path, pool: WorkerPool) -> Audit:
    files = [package] if package.is_file() else sorted(path for path in package.rglob("*") if not path.is_dir())
    waiting: list[Future[Result]] = []
    unread: list[tuple[str, str]] = []
    for path in files:
        name = path.name if path == package else f"{package.name}/{path.relative_to(package)}"
        try:
            if not path.is_file():
                unread.append((name, "neither file nor folder"))
                continue
            content = Content.at(path)
        except OSError as error:
            unread.append((name, error.strerror or "cannot be read"))
            continue
        seen = Observation(key=name, channel="file", time=0.0, name=name, content=content, is_leaving=False)
        waiting.append(pool.submit(seen, matchers=(NAME,)))
    return audit(package.name, _analyses(waiting), unread=unread)


def _analyses(waiting: Sequence[Future[Result]]) -> Iterator[Analysis]:
    for each in waiting:
        yield each.result().analysis


def _print(result: Audit, *, is_json: bool) -> None:
    if is_json:
        json_line(
            {
                "package": result.package,
                "verdict": result.verdict.value,
                "artifacts": result.artifacts,
                "reasons": [
                    {
                        "kind": each.kind,
                        "value": each.shown,
                        "path": list(each.path),
                        "where": each.carrier,
                        "offset": each.offset,
                        "identifying": each.is_identifying,
                    }
                    for each in result.reasons
                ],
                "unread": [{"path": path, "reason": reason} for path, reason in result.unread],
            }
        )
        return
    click.echo(visible(f"{result.verdict.value:<12} {result.package}  ({counted(result.artifacts, 'artifact')})"))
    for each in result.reasons[:MOST_SHOWN]:
        grade = "" if each.is_identifying else " (a trace)"
        click.echo(visible(f"    {each.kind:<12} {each.shown}  {'/'.join(each.path)}: {each.carrier}{grade}"))
    if len(result.reasons) > MOST_SHOWN:
        click.echo(f"    and {len(result.reasons) - MOST_SHOWN} more")
    for path, reason in result.unread:
        click.echo(visible(f"    not read     {path}: {reason}"))
