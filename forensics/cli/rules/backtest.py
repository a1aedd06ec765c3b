"""`earwitness rules backtest`: what a pack would have alerted on over the stored evidence."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

import click

from forensics.backtesting import Backtest, Judged
from forensics.cli.context import Session
from forensics.cli.opening import Approved, contents, lying, observed, unsealed_option
from forensics.cli.rules.backtested import print_judged, print_totals
from forensics.cli.rules.books import JSON, PACKS, places_of
from forensics.cli.spans import Span, span_options
from forensics.content import Content
from forensics.errors import InputError
from forensics.model import CustodyEntry
from forensics.register.book import Register
from forensics.rulebook.book import Rulebook
from forensics.rulebook.choice import Choice
from forensics.store import reader, remembered
from forensics.store.remembered import Remembered
from forensics.store.writer import Store
from forensics.workers import Result, WorkerPool

AHEAD = 16
"""Observations whose content is being opened while earlier ones are judged."""


@click.command()
@PACKS
@click.option(
    "--content",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder of copies: files with the bytes of stored observations are opened.",
)
@click.option("--each", "is_each", is_flag=True, help="Name every observation that would be a new alert.")
@span_options
@unsealed_option
@JSON
@click.pass_obj
def backtest(
    session: Session,
    *,
    packs: tuple[Path, ...],
    folders: tuple[Path, ...],
    is_each: bool,
    span: Span,
    unsealed: Approved,
    is_json: bool,
) -> int:
    """Run packs, drafts and all, over the stored evidence, and count for each rule what it would have come to.

    Of each rule: the alerts that would not be there without it, which of them are new, what it matches as at the time
    and what no more, and how people closed the alerts of what it matches. Content is opened where it still lies
    unchanged, where a folder of copies has it (--content), or unsealed (--unsealed); of the rest the stored texts are
    asked, and it is said for how many there is no answer. Noted in the log.

    Exit 0: nothing would alert, 1: something would.
    """
    places = places_of(session, packs)
    book = Rulebook.load(places)
    with session.open_store() as store:
        trial = Backtest(book, Register.load(session.store), session.policy(), closed=_closed(session))
        evidence = Evidence(known={**_copies(folders), **contents(session, store, unsealed)})
        for judged in _judged(session, trial, evidence, places, span):
            if is_json or (is_each and judged.is_new):
                print_judged(judged, is_json=is_json)
        clean = _clean(session, span)
        _note(session, store, trial, evidence)
    print_totals(trial, evidence.places(), clean, is_json=is_json)
    return int(trial.totals.alerts > 0)


@dataclass(slots=True, kw_only=True)
class Evidence:
    """Where the content of observations is found again: `known` by SHA-256, or where it lies."""

    known: dict[str, Content] = field(default_factory=dict)
    lay: int = 0
    brought: int = 0

    def of(self, seen: Remembered) -> Content | None:
        """The content of an observation, or None."""
        content = self.known.get(seen.observation.content.sha256)
        self.brought += content is not None
        if content is None and (content := lying(seen)):
            self.lay += 1
        return content

    def places(self) -> str:
        """Where contents were found, as people say it."""
        counts = ((self.lay, "where they lay"), (self.brought, "from copies or unsealed"))
        return ", ".join(f"{count} {words}" for count, words in counts if count)


def _judged(
    session: Session, trial: Backtest, evidence: Evidence, places: Sequence[Path], span: Span
) -> Iterator[Judged]:
    """Every observation of that time that a rule matches; contents are opened in workers, some ahead."""
    waiting: deque[tuple[Remembered, Future[Result] | None]] = deque()
    connection = reader.open_reader(session.store)
    pool: WorkerPool | None = None
    try:
        for seen in remembered.each(connection, since=span.since, until=span.until):
            content = evidence.of(seen)
            if content is not None and pool is None:
                pool = WorkerPool(session.config, session.store, choice=Choice(places=tuple(places), has_drafts=True))
                pool.start()
            sha256 = seen.observation.content.sha256
            asked = None if pool is None or content is None else pool.submit(observed(sha256, content, {sha256: seen}))
            waiting.append((seen, asked))
            if len(waiting) > AHEAD:
                yield from _answered(trial, *waiting.popleft())
        while waiting:
            yield from _answered(trial, *waiting.popleft())
    finally:
        connection.close()
        if pool is not None:
            pool.stop()


def _answered(trial: Backtest, seen: Remembered, asked: Future[Result] | None) -> Iterator[Judged]:
    judged = trial.look(seen, None if asked is None else asked.result().analysis)
    if judged is not None:
        yield judged


def _copies(folders: Sequence[Path]) -> dict[str, Content]:
    """What lies in folders, by SHA-256. Raises InputError for what cannot be read."""
    found = {}
    for path in (path for folder in folders for path in sorted(folder.rglob("*"))):
        if path.is_file():
            try:
                content = Content.at(path)
                found[content.sha256] = content
            except OSError as error:
                raise InputError(f"{path}: {error.strerror}") from error
    return found


def _closed(session: Session) -> dict[int, str]:
    connection = reader.open_reader(session.store)
    try:
        return reader.closed(connection)
    finally:
        connection.close()


def _clean(session: Session, span: Span) -> int:
    connection = reader.open_reader(session.store)
    try:
        return remembered.clean(connection, since=span.since, until=span.until)
    finally:
        connection.close()


def _note(session: Session, store: Store, trial: Backtest, evidence: Evidence) -> None:
    totals = trial.totals
    detail = (
        f"rules {trial.versions.rules}; {totals.looked_at} looked at, {totals.opened} opened"
        f" ({evidence.places() or 'none'}); {totals.alerts} would alert, {totals.new} of them new"
    )
    with store.group() as group:
        group.custody(
            CustodyEntry(actor=session.actor, action="backtest", subject="store", detail=detail, time=time.time())
        )
