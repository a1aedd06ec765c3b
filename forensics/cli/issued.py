"""`earwitness issued`: what was issued to whom, and what became of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.cli.wording import counted
from forensics.database import Connection
from forensics.register.book import Register
from forensics.reports.issues import STATES, IssueState, record, states
from forensics.reports.records import iso
from forensics.store import people, reader
from forensics.store.movements import Movement
from forensics.store.schema import FILE_NAME
from forensics.text_safety import visible


@click.command()
@click.option("--recipient", default="", help="Only what was issued to this person; by name or pseudonym.")
@click.option("--programme", default="", help="Only packages of this programme.")
@click.option("--open", "is_open", is_flag=True, help="Only what has not come back.")
@click.option("--overdue", "is_overdue", is_flag=True, help="Only what has not come back in time.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def issued(session: Session, *, recipient: str, programme: str, is_open: bool, is_overdue: bool, is_json: bool) -> int:
    """Say of every package to whom it was issued, and whether it was opened, returned, withdrawn or recalled.

    Opened is where `scan` or `watch` saw it on a workstation; returned what came back by a sanctioned way. Recipients
    bear pseudonyms; who looks for one by name is noted in the log.
    """
    register = Register.load(session.store)
    person = people.called(session.store, recipient) if recipient else ""
    wanted = [
        each
        for each in register.issues.all()
        if programme in ("", each.programme) and (not recipient or each.recipient in (recipient, person))
    ]
    if wanted and person != recipient and (session.store / FILE_NAME).exists():
        with session.open_store() as store:
            store.looked_for([person])
    counts: Counter[str] = Counter()
    with evidence(session) as connection:
        for found in states(register.issues, wanted, connection, now=time.time()):
            if (is_open and not found.is_open) or (is_overdue and not found.is_overdue):
                continue
            counts[found.state] += 1
            counts["overdue"] += found.is_overdue
            show(found, is_json=is_json)
    said = ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state]) or "nothing"
    click.echo(said + (f"; {counts['overdue']} overdue" if counts["overdue"] else ""), err=True)
    return 0


@contextmanager
def evidence(session: Session) -> Iterator[Connection | None]:
    """The evidence beside the register; None where there is none yet. Raises StoreError."""
    if not (session.store / FILE_NAME).exists():
        yield None
        return
    connection = reader.open_reader(session.store)
    try:
        yield connection
    finally:
        connection.close()


def show(found: IssueState, *, is_json: bool) -> None:
    """Print one issue."""
    if is_json:
        json_line(record(found))
        return
    issue = found.issue
    marks = [mark for mark, holds in (("overdue", found.is_overdue), ("halted", found.is_halted)) if holds]
    due = f"due {iso(issue.due)[:10]}" if issue.due else ""
    words = [found.state, visible(issue.package), visible(issue.programme), visible(issue.recipient), due, *marks]
    click.echo(
        f"{words[0]:<9} {words[1]:<24} {words[2]:<14} {words[3]:<12} {'  '.join(filter(None, words[4:]))}".rstrip()
    )
    for each in filter(None, (found.first("opened"), found.last("returned"))):
        click.echo(f"          {line(each)}")


def holders(found: Iterable[IssueState], *, is_json: bool) -> int:
    """Print who still holds what: each issue with the places it was seen in; returns how many issues there are."""
    count = 0
    for count, each in enumerate(found, 1):  # noqa: B007 - the number of the last
        if is_json:
            json_line(record(each))
            continue
        back = each.last("returned")
        came = (
            f"returned {iso(back.time)[:19]} ({visible(back.way)}, {back.evidence})"
            if back is not None
            else "not returned"
        )
        click.echo(f"{visible(each.issue.package):<24} {visible(each.issue.recipient):<12} {came}")
        for place in each.places:
            click.echo(f"          last {line(place)}")
        if not each.places:
            click.echo("          seen nowhere")
    click.echo(counted(count, "issue"), err=True)
    return count


def line(seen: Movement) -> str:
    """One sighting on one line, without what it belongs to."""
    who = " ".join(visible(part) for part in (seen.host, seen.user) if part)
    way = f"by {visible(seen.way)}" if seen.way else visible(seen.place)
    return f"{seen.kind} {iso(seen.time)[:19]}Z  {way}  {who}  {seen.evidence}"
