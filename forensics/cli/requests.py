"""`earwitness unseal list` and `unseal decline`: requests that wait in the store, and what became of others."""

from __future__ import annotations

import re
import time
from contextlib import closing
from pathlib import Path

import click

from forensics.approving import decline as decline_here
from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.reports.records import iso
from forensics.store import reader
from forensics.store.unseals import Unseal, unseals
from forensics.text_safety import visible

_ID = re.compile(r"[0-9a-f]{8,32}")


def is_id(name: Path) -> bool:
    """Say whether the id of a request is meant, and no file of that name."""
    return _ID.fullmatch(str(name)) is not None and not name.exists()


@click.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="The newest of them.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def list_(session: Session, limit: int, is_json: bool) -> int:
    """Show what was asked to be opened, by whom, why, who approved and what became of it, newest first."""
    now = time.time()
    with closing(reader.open_reader(session.store)) as connection:
        found = unseals(connection, limit=limit)
    for each in found:
        if is_json:
            json_line(_record(each, now))
        else:
            by = f", approved by {' and '.join(each.approved_by)}" if each.approved_by else ""
            said = f"{each.request[:8]}  {each.state(now):<9} {each.subject}  {each.actor}: {each.reason}"
            click.echo(visible(f"{said}; until {iso(each.until)}{by}"))
    return 0


def _record(each: Unseal, now: float) -> dict[str, object]:
    steps = [
        {"id": f"C{step.id}", "time": iso(step.time), "who": step.actor, "did": step.action, "detail": step.detail}
        for step in each.steps
    ]
    return {
        "request": each.request,
        "state": each.state(now),
        "subject": each.subject,
        "sha256": each.sha256,
        "who": each.actor,
        "why": each.reason,
        "asked": iso(each.time),
        "until": iso(each.until),
        "approved_by": list(each.approved_by),
        "steps": steps,
    }


@click.command()
@click.argument("id_", metavar="ID")
@click.option("--reason", required=True, help="Why not; it stands in the log.")
@click.pass_obj
def decline(session: Session, id_: str, reason: str) -> int:
    """Say no to a request that waits in this store, or withdraw your own; it ends with that."""
    with session.open_store() as store:
        asked = decline_here(store, id_, reason=reason, actor=session.actor, now=time.time())
    click.echo(f"{asked.id}: {'withdrawn' if session.actor == asked.actor else 'declined'}")
    return 0
