"""`earwitness what-is-kept`: what the store holds about a person, in that person's words, and who looked at it."""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.errors import InputError
from forensics.model import CustodyEntry
from forensics.pseudonyms import PERSON
from forensics.reports.records import iso
from forensics.store import holdings, personal, reader, subjects
from forensics.text_safety import visible

NEVER = (
    "what you type, your screen, when you work or pause, where you are",
    "the content of any file or message in which nothing registered was found",
    "what lies in folders named private",
)


@click.command("what-is-kept")
@click.option("--user", help="About whom; default: you.")
@click.option("--contest", "subject", help="Say that A12, O5 or I3 is wrong; needs --because.")
@click.option("--because", "text", help="What is wrong with it, in your words; whoever decides about it reads that.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def what_is_kept(session: Session, *, user: str | None, subject: str | None, text: str | None, is_json: bool) -> int:
    """Say what is kept about you, for how long, who can open it and who has looked at it."""
    name = user if user is not None else getpass.getuser()
    if bool(subject) != bool(text):
        raise click.UsageError("--contest and --because go together")
    connection = reader.open_reader(session.store)
    try:
        if subject:
            _check(subjects.resolve(connection, subject), subject)
        found = personal.about(connection, name)
        counts = holdings.spared(connection)
        called = found.user
    finally:
        connection.close()
    if subject and text:
        _note(session, CustodyEntry(actor=called, action="contest", subject=subject, detail=text, time=time.time()))
        click.echo(f"noted on {visible(subject)}: whoever decides about it reads it", err=True)
        return 0
    if name != getpass.getuser():
        person = f"{PERSON}{called}"
        _note(session, CustodyEntry(actor=session.actor, action="read", subject=person, detail="", time=time.time()))
    ways = {way.name: (way.where, counts.get(way.name, 0)) for way in session.policy().protected}
    if is_json:
        protected = {name: {"where": where, "counted": count} for name, (where, count) in ways.items()}
        rest = {"never_kept": NEVER, "protected": protected}
        json_line({**asdict(found), "retention_days": session.config.keep.days, **rest})
        return 0
    click.echo("\n".join(_lines(session, found, ways)))
    return 0


def _note(session: Session, entry: CustodyEntry) -> None:
    with session.open_store() as store, store.group() as group:
        group.custody(entry)


def _lines(session: Session, found: personal.Personal, ways: Mapping[str, tuple[str, int]]) -> Iterator[str]:
    yield f"What is kept about {visible(found.user)}"
    if not found.channels:
        yield "  nothing"
    for each in found.channels:
        span = f"{iso(each.first)[:10]} to {iso(each.last)[:10]}"
        yield f"  {visible(each.channel)}: {each.recorded} finds of something registered, {each.alerts} alerts, {span}"
    if found.connections:
        yield f"  {found.connections} connections that could not be read: to which host, how many bytes"
    yield f"  content of {found.contents} files, sealed: only two custodians together can open it, and that is logged"
    if found.soundings:
        days = session.config.keep.features_days
        count = found.soundings
        yield f"  codes of the speech in {count} recordings that left, for {days} days, to look for later clips"
    yield f"  content is destroyed after {session.config.keep.days} days, unless it is held for an inquiry"
    yield "Never kept"
    yield from (f"  {each}" for each in NEVER)
    for name, (where, count) in ways.items():
        yield f"  what goes to {visible(name)} ({visible(where)}): only counted, by the month and for all here: {count}"
    if private := session.config.files.private:
        yield f"  (private here: {visible(', '.join(private))})"
    yield "Who looked at it or decided about it"
    if not found.accesses:
        yield "  nobody"
    for entry in found.accesses:
        yield f"  {iso(entry.time)} {visible(entry.actor)}: {visible(f'{entry.action} {entry.subject} {entry.detail}')}"
    yield "To contest something: earwitness what-is-kept --contest A12 --because '...'"


def _check(name: str, subject: str) -> None:
    if name == subject:
        raise InputError(f"{visible(subject)}: the store holds nothing of that id")
