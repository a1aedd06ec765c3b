"""`earwitness retention`: the clocks of kept content, by hand."""

from __future__ import annotations

import time

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.cli.wording import counted
from forensics.expiry import expire, forget_features, forget_names, overdue, seal_what_is_clear
from forensics.reports.records import iso
from forensics.store.rows import KeptRow


@click.group()
def retention() -> None:
    """Destroy content whose time is over; `watch` does it every hour."""


@retention.command()
@click.option("--dry-run", "is_dry", is_flag=True, help="Only say what would be destroyed.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def run(session: Session, is_dry: bool, is_json: bool) -> int:
    """Destroy the keys of content that was kept for keep.days and is not held, and the content with them.

    What was recorded of it stays, with all proofs.
    """
    days, now, count = session.config.keep.days, time.time(), 0
    with session.open_store() as store:
        if not is_dry:
            seal_what_is_clear(store)
        for row in overdue(store, days=days, now=now) if is_dry else expire(store, days=days, now=now):
            count += 1
            _print(row, is_json)
        if not is_dry:
            forget_features(store, days=session.config.keep.features_days, now=now)
        gone = 0 if is_dry else forget_names(store, days=session.config.privacy.names_days, now=now)
    if gone:
        click.echo(f"{counted(gone, 'name')} destroyed: nothing was recorded of them since", err=True)
    click.echo(f"{counted(count, 'object')} {'overdue' if is_dry else 'destroyed'}", err=True)
    return 0


def _print(row: KeptRow, is_json: bool) -> None:
    if is_json:
        json_line({"sha256": row.sha256, "size": row.size, "added": row.added})
    else:
        click.echo(f"{row.sha256}  {row.size} bytes  kept since {iso(row.added)}")
