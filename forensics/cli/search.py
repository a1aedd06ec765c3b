"""`earwitness search`: what the store remembers that fits a query."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from forensics.cli.context import Session
from forensics.cli.dossier import hit_lines, opaque_line
from forensics.cli.records import hit_record, record
from forensics.cli.render import json_line
from forensics.store import reader
from forensics.store.rows import OpaqueRow, SearchHit

_NEGATED = re.compile(r"^-(?=[^-\s])(?!h$)")


class QueryCommand(click.Command):
    """Reads `-word` as part of the query, not as options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Spell the minus out before the options are taken."""
        return super().parse_args(ctx, [_NEGATED.sub("NOT ", argument, count=1) for argument in args])


@click.command(cls=QueryCommand)
@click.argument("query", nargs=-1)
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="At most so many hits.")
@click.option("--opaque", "is_opaque", is_flag=True, help="Connections that were not read, instead; words only.")
@click.pass_obj
def search(session: Session, *, query: tuple[str, ...], is_json: bool, limit: int, is_opaque: bool) -> int:
    """Search alerts and sightings, newest first.

    \b
    Words stand for AND; "a phrase", pre*, OR, NOT or -, ( ).
    Fields: rule: channel: user: host: to: clip: package: recipient: programme:
            severity: state: type: sha256: outcome: name: after: before: last:
    Dates are UTC: after:2026-11-22, before:2026-11-22T14:30, last:7d.

    Exit 0 whether or not something is found; 2 for a query that cannot be read, with its column.
    """
    connection = reader.open_reader(session.store)
    hits: Sequence[SearchHit] = ()
    flows: Sequence[OpaqueRow] = ()
    try:
        if is_opaque:
            flows = reader.opaque(connection, words=query, limit=limit)
        else:
            hits = reader.search(connection, " ".join(query), limit=limit)
    finally:
        connection.close()
    for hit in hits:
        if is_json:
            json_line(hit_record(hit))
        else:
            click.echo("\n".join(hit_lines(hit)))
    for flow in flows:
        if is_json:
            json_line(record(flow))
        else:
            click.echo(opaque_line(flow))
    if not hits and not flows:
        click.echo("nothing found", err=True)
    return 0
