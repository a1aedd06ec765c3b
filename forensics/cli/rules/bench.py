"""`earwitness rules bench`: what each rule costs, and how often it speaks of ordinary files."""

from __future__ import annotations

import contextlib
import sysconfig
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.rules.benched import print_bench
from forensics.cli.rules.books import JSON, PACKS, places_of
from forensics.content import Content
from forensics.errors import InputError
from forensics.model import Analysis, Observation
from forensics.rulebook.book import Rulebook
from forensics.rulebook.choice import Choice
from forensics.rulebook.costs import measure, sampled
from forensics.rulebook.measured import compare, measured, of_json, write
from forensics.workers import Result, WorkerPool

AHEAD = 16
"""Files that are being opened while earlier ones are counted."""
MOST_FILE_BYTES = 64 << 20
HEAD_BYTES = 1 << 20
SAMPLE_BYTES = 16 << 20


@click.command()
@PACKS
@click.option(
    "--corpus",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="Ordinary files, of which no rule should speak (default: what this machine has in /usr/share and its Python).",
)
@click.option(
    "--most",
    default=2000,
    show_default=True,
    type=click.IntRange(1),
    help="Files looked at, at most: evenly chosen from all of them.",
)
@click.option("--channel", default="http", show_default=True, help="The way out that the rules are told of.")
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="Keep the figures for --against.")
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Figures of --save: say what changed, exit 1 for what got worse.",
)
@JSON
@click.pass_obj
def bench(
    session: Session,
    *,
    packs: tuple[Path, ...],
    folders: tuple[Path, ...],
    most: int,
    channel: str,
    save: Path | None,
    against: Path | None,
    is_json: bool,
) -> int:
    """Measure packs, drafts and all: what each rule costs alone, and on how many ordinary files it matches.

    Costs are processor time over one sample of the corpus, also as a multiple of a fixed rule's in the same run, which
    compares between machines. Of how often a rule matches the 95 % bound is told (Wilson): no match in 100 files still
    allows for 3.7 %. Files are opened to the bottom, as the monitors do.

    Exit 0, or 1: with --against, a rule costs more or matches more.
    """
    if save and not save.parent.is_dir():
        raise InputError(f"{save.parent}: no such folder")
    places = places_of(session, packs)
    book = Rulebook.load(places).activated()
    before = of_json(against) if against else None
    paths = _chosen(list(_paths(folders or ordinary())), most)
    if not paths:
        raise InputError("the corpus holds no files")
    seen = [(str(path), analysis) for path, analysis in _seen(session, places, paths, channel)]
    costs = measure(book, sampled([_head(path) for path in paths], SAMPLE_BYTES))
    result = measured(book, costs, seen)
    changes = compare(before, result) if before else []
    if save:
        write(save, result)
    print_bench(result, changes, is_json=is_json)
    return int(any(change.is_worse for change in changes))


def ordinary() -> list[Path]:
    """Folders of this machine with documents, pictures, sounds and programs that are nobody's work."""
    shared = ("doc", "man", "info", "icons", "pixmaps", "sounds", "misc", "zoneinfo", "perl")
    folders = [*(Path("/usr/share") / name for name in shared), Path(sysconfig.get_path("stdlib"))]
    return [folder for folder in folders if folder.is_dir()]


def _paths(folders: Sequence[Path]) -> Iterator[Path]:
    """The files of a corpus, in order."""
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
            with contextlib.suppress(OSError):
                if not path.is_symlink() and path.is_file() and 0 < path.stat().st_size <= MOST_FILE_BYTES:
                    yield path


def _chosen(paths: Sequence[Path], most: int) -> list[Path]:
    """So many of them, evenly spread."""
    step = max(1.0, len(paths) / most)
    return [paths[int(number * step)] for number in range(min(most, len(paths)))]


def _seen(
    session: Session, places: Sequence[Path], paths: Sequence[Path], channel: str
) -> Iterator[tuple[Path, Analysis]]:
    """Each file and what it shows to the packs, in workers."""
    waiting: deque[tuple[Path, Future[Result]]] = deque()
    with WorkerPool(session.config, session.store, choice=Choice(places=tuple(places), has_drafts=True)) as pool:
        for path in paths:
            try:
                content = Content.at(path)
            except OSError as error:
                click.echo(f"{path}: {error.strerror}", err=True)
                continue
            seen = Observation(key=str(path), channel=channel, time=0.0, name=path.name, content=content)
            waiting.append((path, pool.submit(seen)))
            if len(waiting) > AHEAD:
                yield _answered(*waiting.popleft())
        yield from (_answered(*each) for each in waiting)


def _answered(path: Path, future: Future[Result]) -> tuple[Path, Analysis]:
    return path, future.result().analysis


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""
