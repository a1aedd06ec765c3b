"""`earwitness hunt`: what would have alerted, had today's rules and clips been known then."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.opening import Approved, contents, examined, unsealed_option
from forensics.cli.render import json_line, match_line, match_record
from forensics.cli.spans import Span, span_options
from forensics.cli.wording import counted
from forensics.errors import InputError
from forensics.hunting import Found, Hunt, said
from forensics.model import Analysis, CustodyEntry
from forensics.register.book import Register
from forensics.registration.run import register_paths
from forensics.reports.records import iso
from forensics.resources import rules_folder
from forensics.rulebook.book import Rulebook
from forensics.store import features, reader, remembered
from forensics.store.writer import Store
from forensics.text_safety import visible


@click.command()
@click.option(
    "--rules",
    "rules",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A rule pack; more than one may be given (default: the rules in force).",
)
@click.option(
    "--clips",
    "clips",
    type=click.Path(path_type=Path),
    help="Lines of clip_id<TAB>path: hunt for these, whether registered or not (default: all that is registered).",
)
@span_options
@unsealed_option
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line, the figures last.")
@click.pass_obj
def hunt(
    session: Session,
    *,
    rules: tuple[Path, ...],
    clips: Path | None,
    span: Span,
    unsealed: Approved,
    is_json: bool,
) -> int:
    """Compare what is stored with other rules, or with clips that were registered since.

    Says what would have alerted at the time; old verdicts stay. What is stored is digests, names, excerpts of texts and
    codes of what was heard: what needs the content says so, unless two custodians approved it (--unsealed). That it was
    hunted is noted in the log.

    Exit 0: nothing would have alerted, 1: something would.
    """
    packs = rules or (rules_folder() / "starter", *session.config.rules)
    for path in packs:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder")
    with _register(session, clips) as folder, session.open_store() as store:
        hunting = Hunt(Rulebook.load(packs).activated(), Register.load(folder), session.policy())
        opened = _opened(session, store, folder, packs, unsealed)
        for found in _looked(session, hunting, span, opened):
            _print(found, is_json)
        connection = reader.open_reader(session.store)
        clean = remembered.clean(connection, since=span.since, until=span.until)
        connection.close()
        with store.group() as group:
            group.custody(
                CustodyEntry(
                    actor=session.actor,
                    action="hunt",
                    subject="store",
                    detail=said(hunting, clean=max(0, clean - hunting.tally.listened_to)),
                    time=time.time(),
                )
            )
    _summary(hunting, clean, is_json)
    return 1 if hunting.tally.alerts else 0


def _looked(session: Session, hunting: Hunt, span: Span, opened: dict[str, Analysis]) -> Iterator[Found]:
    connection = reader.open_reader(session.store)
    try:
        soundings = list(features.each(connection, since=span.since, until=span.until))
        stored = {each.entry: each for each in soundings if each.entry is not None}
        for each in remembered.each(connection, since=span.since, until=span.until):
            analysis = next((opened[digest] for digest in each.kept if digest in opened), None)
            found = hunting.look(each, opened=analysis, sounding=stored.get(each.id))
            if found is not None:
                yield found
        for sounding in soundings:
            if sounding.entry is None and (found := hunting.listen(sounding)):
                yield found
    finally:
        connection.close()


def _opened(
    session: Session, store: Store, register: Path, packs: Sequence[Path], approved: Approved
) -> dict[str, Analysis]:
    found = contents(session, store, approved)
    if not found:
        return {}
    connection = reader.open_reader(session.store)
    try:
        everything = remembered.each(connection, since=-math.inf, until=math.inf)
        names = {digest: each for each in everything for digest in each.kept if digest in found}
    finally:
        connection.close()
    return examined(session, register, found, names, trial=packs)


@contextmanager
def _register(session: Session, clips: Path | None) -> Iterator[Path]:
    """The folder of the register to hunt with: the store's, or one made of the list for this hunt alone."""
    if clips is None:
        yield session.store
        return
    with tempfile.TemporaryDirectory(prefix="earwitness-hunt-") as place:
        folder = Path(place)
        lines = register_paths(
            [], programme="hunt", recipient="root", config=session.config, store=folder, clip_list=clips
        )
        count = 0
        for line in lines:
            count += not line.problem
            if line.problem:
                click.echo(f"{line.outcome:<10} {visible(line.name)}: {visible(line.problem)}", err=True)
        if not count:
            raise InputError(f"{clips}: names no clip that can be hunted for")
        yield folder


def _print(found: Found, is_json: bool) -> None:
    seen, each = found.remembered.observation, found.remembered
    alert = f"A{each.alert}" if each.alert is not None else ""
    if is_json:
        json_line(
            {
                "observation": f"O{each.id}" if each.id else None,
                "alert": alert or None,
                "time": iso(seen.time),
                "channel": seen.channel,
                "name": seen.name,
                "user": seen.subject.user,
                "host": seen.subject.host,
                "destination": seen.destination,
                "would_alert": found.would_alert,
                "severity": found.verdict.severity.value,
                "title": found.verdict.title,
                "reason": found.verdict.reason,
                "matches": [match_record(match) for match in found.matches],
            }
        )
        return
    what = "would have alerted" if found.would_alert else "would have been seen"
    then = f"alerted as {alert} for something else" if alert else "no alert then"
    who = f"{visible(seen.subject.user) or 'unknown user'} on {visible(seen.subject.host) or 'unknown host'}"
    title = visible(found.verdict.title or found.verdict.reason)
    click.echo(
        f"{f'O{each.id}' if each.id else '-'}  {iso(seen.time)}  {visible(seen.channel)}  {who}  {visible(seen.name)}"
    )
    click.echo(f"      {what}: {found.verdict.severity.value}  {title}  ({then})")
    for match in found.matches:
        why = f"  {visible(match.why[0].text)}" if match.why else ""
        click.echo(f"      {match_line(match)}{why}")


def _summary(hunting: Hunt, clean: int, is_json: bool) -> None:
    tally, versions = hunting.tally, hunting.versions
    if is_json:
        json_line(
            {
                "hunt": {
                    "rules": versions.rules,
                    "register": versions.index,
                    "looked_at": tally.looked_at,
                    "would_have_alerted": tally.alerts,
                    "would_have_been_seen": tally.seen,
                    "unanswered": dict(tally.unanswered),
                    "listened_to": tally.listened_to,
                    "left_nothing": max(0, clean - tally.listened_to),
                }
            }
        )
        return
    click.echo(
        f"{counted(tally.looked_at, 'observation')} looked at with rules {versions.rules} and register"
        f" {versions.index}: {tally.alerts} would have alerted, {tally.seen} more would have been seen",
        err=True,
    )
    for why, count in tally.unanswered.items():
        click.echo(f"not answered for {count}: {why}", err=True)
    if tally.listened_to:
        others = counted(tally.listened_to, "other")
        click.echo(f"{others} left only how they sounded: clips whose pitch was changed are mostly missed", err=True)
    if (rest := clean - tally.listened_to) > 0:
        click.echo(f"not answered for {counted(rest, 'object')}: clean then, and nothing is kept of them", err=True)
