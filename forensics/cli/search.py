"""`earwitness search`: what the store remembers that fits a query."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import click

from forensics.cli import hits as formats
from forensics.cli import overviews, saved_queries
from forensics.cli.context import Session
from forensics.cli.dossier import opaque_line
from forensics.cli.patience import answer
from forensics.cli.records import hit_id, record
from forensics.cli.render import json_line
from forensics.database import Connection
from forensics.errors import InputError
from forensics.store import overview, reader
from forensics.store.grammar import QueryError
from forensics.store.issued import names_asked
from forensics.store.search import Bounds
from forensics.text_safety import visible

PATIENCE_S = 2.0
"""How long facets and histograms count before they say of how many they are."""
_NEGATED = re.compile(r"^-(?=[^-\s])(?!h$)")
_STEPS = {"day": 86_400.0, "hour": 3_600.0}


class QueryCommand(click.Command):
    """Reads `-word` as part of the query, not as options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Spell the minus out before the options are taken."""
        return super().parse_args(ctx, [_NEGATED.sub("NOT ", argument, count=1) for argument in args])


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One search as it was asked for on the command line."""

    query: str
    limit: int
    before: str
    format: str
    facets: Sequence[str]
    histogram: str


@click.command(cls=QueryCommand)
@click.argument("query", nargs=-1)
@click.option("--json", "is_json", is_flag=True, help="The same as --format jsonl.")
@click.option("--format", "format", default="table", show_default=True, type=click.Choice(list(formats.FORMATS)))
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="At most so many hits.")
@click.option("--before", default="", metavar="ID", help="The page after this hit, such as A12 or O57.")
@click.option("--count", "is_count", is_flag=True, help="How many fit, alone.")
@click.option(
    "--facets",
    metavar="[FIELDS]",
    is_flag=False,
    flag_value="all",
    help="What fits by these fields, such as user,channel, or (last on the line) by all; 2 seconds long.",
)
@click.option("--histogram", type=click.Choice(list(_STEPS)), help="What fits by time; with --facets or alone.")
@click.option("--explain", "is_explained", is_flag=True, help="How it is looked for: index, SQL, plan.")
@click.option("--save", "save_as", metavar="NAME", help="Keep the query under a name.")
@click.option("--saved", metavar="NAME", help="Ask a kept query; words beside it narrow it.")
@click.option("--saved-list", "is_list", is_flag=True, help="The kept queries.")
@click.option("--forget", metavar="NAME", help="Remove a kept query.")
@click.option("--opaque", "is_opaque", is_flag=True, help="Connections that were not read, instead; words only.")
@click.pass_obj
def search(
    session: Session,
    *,
    query: tuple[str, ...],
    is_json: bool,
    format: str,
    limit: int,
    before: str,
    is_count: bool,
    facets: str | None,
    histogram: str | None,
    is_explained: bool,
    save_as: str | None,
    saved: str | None,
    is_list: bool,
    forget: str | None,
    is_opaque: bool,
) -> int:
    """Search alerts and sightings, newest first.

    \b
    Words stand for AND; "a phrase", pre*, OR, NOT or -, ( ).
    Fields: rule: channel: user: host: to: clip: package: recipient: programme:
            severity: state: type: sha256: outcome: name: size: after: before: last:
    Dates are UTC: after:2026-11-22, before:2026-11-22T14:30, last:7d.
    Sizes: size:>1M, size:20k..1M. Parts of names and paths: path:~part~, name:~part~, to:~part~.

    Exit 0 whether or not something is found; 2 for a query that cannot be read, with its column.
    """
    if forget is not None:
        return saved_queries.forget(session, forget)
    if save_as is not None:
        saved_queries.keep(session, save_as, " ".join(query))
    connection = reader.open_reader(session.store)
    try:
        if is_list:
            return saved_queries.show(connection, is_json=is_json)
        if is_opaque:
            return _opaque(connection, query, limit=limit, is_json=is_json)
        before_words = [saved_queries.kept(connection, saved)] if saved is not None else []
        wanted = Wanted(
            query=" ".join((*before_words, *query)),
            limit=limit,
            before=before,
            format="jsonl" if is_json else format,
            facets=_fields(facets),
            histogram=histogram or "",
        )
        note_names(session, connection, wanted.query)
        show = _explain if is_explained else _count if is_count else _overview if facets or histogram else _hits
        return _asked(connection, wanted, show)
    finally:
        connection.close()


def _fields(names: str | None) -> tuple[str, ...]:
    """The fields of `--facets`. Raises UsageError for one that is none."""
    if names is None or names == "all":
        return tuple(overview.FACETS) if names else ()
    chosen = tuple(name.strip().lower().rstrip(":") for name in names.split(","))
    if unknown := [name for name in chosen if name not in overview.FACETS]:
        raise click.UsageError(f"--facets: no field {unknown[0]!r}; fields: {', '.join(overview.FACETS)}, or all")
    return chosen


def note_names(session: Session, connection: Connection, query: str) -> None:
    """Who looks for somebody by name learns whose pseudonym it is: that is noted, of whom there is evidence."""
    if people := names_asked(connection, query):
        with session.open_store() as store:
            store.looked_for(people)


def _asked(connection: Connection, wanted: Wanted, show: Callable[[Connection, Wanted], Iterator[str]]) -> int:
    """Print an answer; of a query that cannot be read, the place too."""
    try:
        for line in answer(connection, lambda: list(show(connection, wanted))):
            click.echo(line)
    except QueryError as error:
        click.echo("\n".join(overviews.caret_lines(wanted.query, error.column)), err=True)
        raise
    return 0


def _hits(connection: Connection, wanted: Wanted) -> Iterator[str]:
    place = None
    if wanted.before:
        place = reader.row_id(connection, wanted.before)
        if place is None:
            raise InputError(f"{visible(wanted.before)}: not an alert or observation of this store, such as A12 or O57")
    found = reader.search(connection, wanted.query, limit=wanted.limit, before_id=place)
    yield from formats.FORMATS[wanted.format](found)
    if not found:
        click.echo("nothing found", err=True)
    elif len(found) == wanted.limit:
        click.echo(f"the next page: --before {hit_id(found[-1])}", err=True)


def _count(connection: Connection, wanted: Wanted) -> Iterator[str]:
    yield str(overview.count(connection, wanted.query))


def _overview(connection: Connection, wanted: Wanted) -> Iterator[str]:
    step_s = _STEPS.get(wanted.histogram, 0.0)
    until = time.monotonic() + PATIENCE_S
    found = overview.overview(
        connection,
        wanted.query,
        fields=wanted.facets,
        step_s=step_s or _STEPS["day"],
        is_over=lambda: time.monotonic() > until,
    )
    if wanted.format == "table":
        yield from overviews.overview_lines(found, step_s)
    else:
        yield json.dumps(overviews.overview_record(found, step_s))


def _explain(connection: Connection, wanted: Wanted) -> Iterator[str]:
    for found in overview.explain(connection, wanted.query, Bounds(limit=wanted.limit)):
        if wanted.format == "table":
            yield from overviews.explanation_lines(found)
        else:
            yield json.dumps(overviews.explanation_record(found))


def _opaque(connection: Connection, words: Sequence[str], *, limit: int, is_json: bool) -> int:
    flows = reader.opaque(connection, words=words, limit=limit)
    for flow in flows:
        if is_json:
            json_line(record(flow))
        else:
            click.echo(opaque_line(flow))
    if not flows:
        click.echo("nothing found", err=True)
    return 0
