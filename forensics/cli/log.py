"""`earwitness log`: the log of custody, as the console's seventh screen shows it."""

from __future__ import annotations

from contextlib import closing

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.reports.records import iso
from forensics.store import reader
from forensics.text_safety import visible


@click.command()
@click.option("--every", "is_every", is_flag=True, help="Every entry, not only what people and programs did.")
@click.option("--exports", "is_exports", is_flag=True, help="Only what was exported, by whom and why.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="The newest of them.")
@click.option("--before", type=int, help="Older than the entry of this id: the next page.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def log(session: Session, *, is_every: bool, is_exports: bool, limit: int, before: int | None, is_json: bool) -> int:
    """Show who did what to which evidence, newest first. Whether it is as it was written: `earwitness verify`."""
    if is_every and is_exports:
        raise click.UsageError("give one of --every and --exports")
    with closing(reader.open_reader(session.store)) as connection:
        if is_exports:
            rows = reader.deeds(connection, "export", before=before, limit=limit)
        else:
            rows = reader.log_page(connection, before=before, limit=limit, is_acts_only=not is_every)
    for row in rows:
        if is_json:
            record = {"id": row.id, "time": iso(row.time), "who": row.actor, "did": row.action, "to": row.subject}
            json_line({**record, "what": row.detail, "digest": row.digest})
        else:
            said = f"{row.id:>8}  {iso(row.time)}  {row.actor}  {row.action} {row.subject}  {row.detail}"
            click.echo(visible(said))
    return 0
