"""`earwitness timeline`: what was seen when, and of whom, in lanes, as the console's fourth screen draws it."""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from itertools import islice

import click

from forensics.cli import hits as forms
from forensics.cli import lanes, overviews
from forensics.cli.context import Session
from forensics.cli.patience import answer
from forensics.cli.records import hit_id
from forensics.cli.search import QueryCommand, note_names
from forensics.cli.spans import Span, span_options
from forensics.coverage.asking import blind
from forensics.database import Connection
from forensics.reports.axis import TICK, Zone, over
from forensics.reports.formats.timesketch import gap_lines
from forensics.reports.lanes import summed
from forensics.store import reader
from forensics.store import timeline as store
from forensics.store.grammar import QueryError
from forensics.store.rows import GapRow
from forensics.store.timeline import Axis, Bar, Window

AXES: Mapping[str, Axis] = {"contractor": "user", "host": "host"}
PAGE = 1000
MOST_GAPS = 10_000
SHIFT_S = 8 * 3600.0
"""What is shown of a store that holds nothing yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A timeline as it was asked for on the command line; `width` counts characters, `now` is Unix time in seconds."""

    query: str
    by: Axis
    span: Span
    width: int
    zone: Zone
    now: float


@click.command(cls=QueryCommand)
@click.argument("query", nargs=-1)
@click.option("--by", type=click.Choice(list(AXES)), default="contractor", show_default=True, help="Whose lanes.")
@span_options
@click.option("--format", "form", type=click.Choice(["text", "json", "timesketch"]), default="text", show_default=True)
@click.option("--json", "is_json", is_flag=True, help="The same as --format json.")
@click.option("--width", type=click.IntRange(60, 500), help="Characters a line; default: the terminal's.")
@click.option("--local", "is_local", is_flag=True, help="By the clocks of this machine, not UTC.")
@click.pass_obj
def timeline(
    session: Session,
    *,
    query: tuple[str, ...],
    by: str,
    span: Span,
    form: str,
    is_json: bool,
    width: int | None,
    is_local: bool,
) -> int:
    """Alerts, returns, other sightings and gaps along time, by contractor or by host.

    \b
    The query is that of `earwitness search`; without a time, all evidence is shown.
    text: lanes as wide as the terminal; json: the same counts, one object;
    timesketch: each sighting and both ends of each gap, a line each, with
    message, datetime and timestamp_desc.

    Exit 0 whether or not there is anything; 2 for a query that cannot be read, with its column.
    """
    if span.since >= span.until:
        raise click.UsageError("the time ends before it begins")
    wanted = Wanted(
        query=" ".join(query),
        by=AXES[by],
        span=span,
        width=width or shutil.get_terminal_size((100, 24)).columns,
        zone=None if is_local else UTC,
        now=time.time(),
    )
    show = FORMS["json" if is_json else form]
    connection = reader.open_reader(session.store)
    try:
        note_names(session, connection, wanted.query)
        lines = show(connection, wanted)
        while found := answer(connection, lambda: list(islice(lines, PAGE))):
            for line in found:
                click.echo(line)
    except QueryError as error:
        click.echo("\n".join(overviews.caret_lines(wanted.query, error.column)), err=True)
        raise
    finally:
        connection.close()
    return 0


def _text(connection: Connection, wanted: Wanted) -> Iterator[str]:
    window = _window(connection, wanted)
    bars, gaps = _counted(connection, wanted, window)
    yield from lanes.text(bars, gaps, window, wanted.zone, wanted.now)


def _json(connection: Connection, wanted: Wanted) -> Iterator[str]:
    window = _window(connection, wanted)
    bars, gaps = _counted(connection, wanted, window)
    yield json.dumps(lanes.record(bars, gaps, window, wanted.by))


def _timesketch(connection: Connection, wanted: Wanted) -> Iterator[str]:
    since, until = wanted.span.since, wanted.span.until
    before: int | None = None
    while True:
        found = store.within(connection, since, until, by=wanted.by, query=wanted.query, before_id=before, limit=PAGE)
        yield from forms.timesketch(found)
        if len(found) < PAGE:
            break
        before = reader.row_id(connection, hit_id(found[-1]))
    yield from gap_lines(blind(connection, since, min(until, wanted.now), limit=MOST_GAPS))


FORMS: Mapping[str, Callable[[Connection, Wanted], Iterator[str]]] = {
    "text": _text,
    "json": _json,
    "timesketch": _timesketch,
}


def _window(connection: Connection, wanted: Wanted) -> Window:
    """As many steps as fit the width, over the span that was asked for or, where it is open, as far as evidence is."""
    since, until = wanted.span.since, wanted.span.until
    reach = store.extent(connection) or (wanted.now - SHIFT_S, wanted.now)
    until = min(reach[1], wanted.now) if math.isinf(until) else until
    since = min(reach[0], until) if math.isinf(since) else since
    return over(since, until, max(TICK, wanted.width - lanes.LABEL), wanted.zone)


def _counted(connection: Connection, wanted: Wanted, window: Window) -> tuple[list[Bar], tuple[GapRow, ...]]:
    """Every page of bars, and the gaps."""
    bars: list[Bar] = []
    before: int | None = None
    while True:
        page = store.bars(connection, window, by=wanted.by, query=wanted.query, before_id=before)
        bars = list(summed((*bars, *page.bars)))
        before = page.before_id
        if before is None:
            break
    return bars, blind(connection, window.since, min(window.until, wanted.now), limit=MOST_GAPS)
