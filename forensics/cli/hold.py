"""`earwitness hold`: what is not destroyed when its time is over."""

from __future__ import annotations

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.errors import InputError
from forensics.reports.records import iso
from forensics.store import reader, retention
from forensics.text_safety import visible

_why = click.option("--reason", required=True, help="Why; it stands in the log.")


@click.group()
def hold() -> None:
    """Hold kept content above its retention time, for a court or an inquiry."""


@hold.command()
@click.argument("subject")
@_why
@click.pass_obj
def add(session: Session, subject: str, reason: str) -> int:
    """Hold SUBJECT: the content of incident I3 or alert A12, also what joins the incident later, or of a SHA-256."""
    named = subject_of(session, subject)
    with session.open_store() as store:
        store.hold(named, reason)
    click.echo(f"held {named}")
    return 0


@hold.command()
@click.argument("subject")
@_why
@click.pass_obj
def remove(session: Session, subject: str, reason: str) -> int:
    """End a hold; content whose time is over is then destroyed within the hour."""
    named = subject_of(session, subject)
    with session.open_store() as store:
        store.release(named, reason)
    click.echo(f"no longer held {named}")
    return 0


@hold.command("list")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def list_(session: Session, is_json: bool) -> int:
    """Show what is held, since when, by whom and why."""
    connection = reader.open_reader(session.store)
    try:
        rows = retention.holds(connection)
    finally:
        connection.close()
    for row in rows:
        if is_json:
            json_line({"subject": row.subject, "since": row.since, "actor": row.actor, "reason": row.reason})
        else:
            click.echo(f"{row.subject}  since {iso(row.since)}  {visible(row.actor)}: {visible(row.reason)}")
    return 0


def subject_of(session: Session, text: str) -> str:
    """`a12` as `A12`, the beginning of a digest (8 digits or more) as `sha256:` and all of it. Raises InputError."""
    connection = reader.open_reader(session.store)
    try:
        found = retention.subjects(connection, text)
    finally:
        connection.close()
    if not found:
        raise InputError(f"{visible(text)}: no alert or incident, nor the SHA-256 (8 digits or more) of kept content")
    if len(found) > 1:
        raise InputError(f"{visible(text)}: several objects are kept whose digests begin so")
    return found[0]
