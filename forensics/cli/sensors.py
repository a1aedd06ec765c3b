"""`earwitness sensors`: how each sensor does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.cli.selfcheck import canary_record
from forensics.reports.records import iso
from forensics.store import reader
from forensics.store.sensing import Sensing, sensing
from forensics.text_safety import visible

INDENT = " " * 10


@click.command()
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def sensors(session: Session, is_json: bool) -> int:
    """Say of each sensor how it does: its last heartbeat, how far behind it is, what it lost, how much of its budgets
    it uses, its last canaries. Those to look at come first. Processor and reading are what examining took in the last
    minute, of what all file sensors may take together; the ring holds what was captured and not let go yet.

    Exit 0 when all are well, 1 when one has gone silent, is degraded or cannot watch, or when no monitor is running.
    """
    now = time.time()
    connection = reader.open_reader(session.store)
    try:
        found = sensing(connection, now)
    finally:
        connection.close()
    for each in found:
        if is_json:
            json_line(_record(each))
        else:
            for line in _lines(each, now):
                click.echo(visible(line))
    if not found:
        click.echo("no monitor has reported here: earwitness watch starts one", err=True)
    return 0 if found and all(each.is_well for each in found) else 1


def _record(sensor: Sensing) -> dict[str, Any]:
    row = sensor.row
    return {
        "sensor": row.sensor,
        "kind": row.kind,
        "state": sensor.state,
        "well": sensor.is_well,
        "heard": iso(row.time),
        "detail": row.detail,
        "lag_s": sensor.lag_s,
        "dropped": sensor.dropped,
        "gaps_last_day": sensor.gaps,
        "budgets": [asdict(use) for use in sensor.uses],
        "canaries": [canary_record(each.last) for each in sensor.canaries],
        "counters": sensor.counted,
    }


def _lines(sensor: Sensing, now: float) -> Iterator[str]:
    yield f"{sensor.state:<10}{sensor.row.sensor}, heard {max(0.0, now - sensor.row.time):.0f} s ago"
    if sensor.row.detail:
        yield INDENT + sensor.row.detail
    yield INDENT + ", ".join(_losses(sensor, now))
    if sensor.uses:
        yield INDENT + ", ".join(use.words for use in sensor.uses)
    if sensor.counted:
        yield INDENT + ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in sensor.counted.items())


def _losses(sensor: Sensing, now: float) -> Iterator[str]:
    if sensor.lag_s is not None:
        yield f"lag {sensor.lag_s} s"
    if sensor.dropped is not None:
        yield f"dropped {sensor.dropped}"
    yield f"gaps in 24 h {sensor.gaps}"
    for words, standing in sensor.canary_words:
        yield f"{words}, sent {max(0.0, now - standing.last.sent):.0f} s ago"
    if not sensor.canaries and sensor.counted:
        yield "no canary yet"
