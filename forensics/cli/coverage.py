"""`earwitness coverage`: would we have seen it?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.coverage.asking import ledger, told_until
from forensics.coverage.ledger import CHANNELS
from forensics.coverage.model import Channel, Ledger, Level
from forensics.coverage.techniques import Sight, judge, table
from forensics.coverage.telling import answer, lines, technique_lines
from forensics.reports.records import iso
from forensics.store import reader
from forensics.store.moments import moment, span

DAY = "1d"


class Moment(click.ParamType[float]):
    """A date as in a query."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Unix seconds."""
        found = moment(str(value))
        if found is None:
            self.fail(f"{value!r} is no time such as 2026-11-22T14:30 (UTC)", param, ctx)
        return found


class Span(click.ParamType[float]):
    """A length of time as in a query."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds."""
        found = span(str(value))
        if found is None:
            self.fail(f"{value!r} is no length of time such as 7d, 12h or 30m", param, ctx)
        return found


@click.command()
@click.option("--from", "since", type=Moment(), help="Where the window begins, UTC: 2026-11-22T14:30.")
@click.option("--to", "until", type=Moment(), help="Where it ends; default: now, or the last heartbeat just before.")
@click.option("--last", type=Span(), default=DAY, show_default=True, help="Without --from: so long before its end.")
@click.option("--channel", "channels", multiple=True, type=click.Choice(CHANNELS), help="Only this; may be repeated.")
@click.option("--strict", "is_strict", is_flag=True, help="Exit 1 when anything was blind.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def coverage(
    session: Session,
    *,
    since: float | None,
    until: float | None,
    last: float,
    channels: tuple[str, ...],
    is_strict: bool,
    is_json: bool,
) -> int:
    """Would we have seen it? What was covered, degraded, opaque or blind, by channel, with causes and bytes.

    Then which ATT&CK techniques would have been seen, partly or not. Exit 0, with --strict 1 when anything was blind.
    """
    connection = reader.open_reader(session.store)
    try:
        end = until if until is not None else told_until(connection, time.time())
        start = since if since is not None else end - last
        if start >= end:
            raise click.UsageError("the window ends before it begins")
        found = ledger(connection, start, end)
    finally:
        connection.close()
    sights = list(judge(found))
    asked = Ledger(start=start, end=end, channels=_asked(found, channels))
    if channels:
        sights = [sight for sight in sights if set(channels) & set(sight.technique.channels)]
    if is_json:
        json_line(_record(asked, sights))
    else:
        _print(asked, sights)
    return 1 if is_strict and any(channel.worst is Level.BLIND for channel in asked.channels) else 0


def _asked(found: Ledger, channels: Sequence[str]) -> tuple[Channel, ...]:
    return tuple(channel for channel in found.channels if not channels or channel.name in channels)


def _print(asked: Ledger, sights: Sequence[Sight]) -> None:
    for line in lines(asked):
        click.echo(line)
    click.echo()
    for channel in asked.channels:
        click.echo(answer(channel, asked))
    click.echo(f"\nMITRE ATT&CK {table().attack}")
    for line in technique_lines(list(sights)):
        click.echo(line)


def _record(asked: Ledger, sights: Sequence[Sight]) -> dict[str, Any]:
    return {
        "start": iso(asked.start),
        "end": iso(asked.end),
        "channels": [
            {
                "channel": channel.name,
                "sensors": list(channel.sensors),
                "seconds": {level.word: round(channel.seconds(level), 3) for level in Level},
                "bytes": channel.size,
                "answer": answer(channel, asked),
                "intervals": [
                    {
                        "start": iso(each.start),
                        "end": iso(each.end),
                        "level": each.level.word,
                        "bytes": each.size,
                        "causes": dict(each.causes),
                    }
                    for each in channel.intervals
                ],
            }
            for channel in asked.channels
        ],
        "attack": table().attack,
        "techniques": [
            {"id": sight.technique.id, "name": sight.technique.name, "seen": sight.seen, "why": sight.why}
            for sight in sights
        ],
    }
