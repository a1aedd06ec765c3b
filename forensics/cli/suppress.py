"""`earwitness suppress`: what no alert is raised on, until when and why."""

from __future__ import annotations

import time
from dataclasses import asdict

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.model import Scope
from forensics.reports.records import iso
from forensics.store import moments, reader
from forensics.store import suppressions as stored
from forensics.text_safety import visible


@click.group()
def suppress() -> None:
    """Raise no alerts on what is known to be right, for a time. It is still seen, kept and counted."""


@suppress.command()
@click.option("--rule", default="", help="A rule, such as EW-PKG-CANDIDATES; every match must be of it.")
@click.option("--item", default="", help="A registered clip or text; every match must be of it.")
@click.option("--package", default="", help="A package; every match must be of it.")
@click.option("--channel", default="", help="A channel or its family, such as http or removable.")
@click.option("--user", default="", help="Whose files or connections.")
@click.option("--host", default="", help="Which workstation.")
@click.option("--destination", default="", help="How the destination begins, such as https://portal.example/.")
@click.option("--for", "span", required=True, help="For how long, such as 12h, 7d or 4w.")
@click.option("--reason", required=True, help="Why; it stands in the log and in every sighting.")
@click.pass_obj
def add(session: Session, /, *, span: str, reason: str, **scope: str) -> int:
    """Begin a suppression, and print its id. All that is said must hold of what is suppressed."""
    seconds = moments.span(span)
    if not seconds:
        raise click.BadParameter("takes a span such as 12h, 7d or 4w", param_hint="--for")
    with session.open_store() as store:
        click.echo(f"S{store.suppress(Scope(**scope), until=time.time() + seconds, reason=reason)}")
    return 0


@suppress.command()
@click.argument("id")
@click.option("--reason", default="", help="Why; it stands in the log.")
@click.pass_obj
def end(session: Session, *, id: str, reason: str) -> int:
    """End a suppression (S3) before its time."""
    number = id[1:] if id[:1] in ("S", "s") else id
    if not number.isdecimal() or len(number) > 18:
        raise click.BadParameter(f"{visible(id)} is no id such as S3", param_hint="ID")
    with session.open_store() as store:
        store.end_suppression(int(number), reason=reason)
    return 0


@suppress.command("list")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def list_(session: Session, is_json: bool) -> int:
    """Show every suppression there was, the newest first, and how much each kept quiet."""
    connection = reader.open_reader(session.store)
    try:
        rows = stored.listed(connection)
    finally:
        connection.close()
    for row in rows:
        each = row.suppression
        scope = {name: value for name, value in asdict(each.scope).items() if value}
        state = "ended" if row.ended is not None else ("over" if each.until <= time.time() else "holds")
        if is_json:
            times = {"made": iso(each.made), "until": iso(each.until)}
            about = {"scope": scope, "reason": each.reason, "actor": each.actor}
            json_line({"id": f"S{each.id}", "state": state, **about, **times, "hits": row.hits})
            continue
        words = ", ".join(f"{name} {visible(value)}" for name, value in scope.items())
        click.echo(
            f"S{each.id}  {state:<5} until {iso(each.until)}  {row.hits} hits  {words}"
            f"  ({visible(each.actor)}: {visible(each.reason)})"
        )
    return 0
