"""`earwitness selfcheck`: canaries sent by the ways that are watched, and whether they were seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, get_args

import click
import msgspec

from forensics.cli.context import Session
from forensics.cli.ending import Ending
from forensics.cli.render import json_line
from forensics.config import Way
from forensics.errors import InputError
from forensics.model import Analysis, Gap
from forensics.recorder import Entry, Recorder
from forensics.reports.records import iso
from forensics.store import reader
from forensics.store.canaries import FOUND, Canary
from forensics.store.standing import Standing
from forensics.store.standing import selfcheck as standing_of
from forensics.text_safety import visible
from forensics.workers import Result, WorkerPool


@click.group()
def selfcheck() -> None:
    """Send packages that nobody was issued by the ways that are watched, to see whether they are seen.

    These canaries are no canary words of rules: those are sought in what others send, these are sent by Earwitness.
    """


@selfcheck.command()
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def status(session: Session, is_json: bool) -> int:
    """Say of each sensor and channel when a canary was last sent, whether it was seen and how soon, and how many of the
    last 500 were missed. Exit 1 when the last one was, by a sensor that is still there.
    """
    connection = reader.open_reader(session.store)
    try:
        found = standing_of(connection)
    finally:
        connection.close()
    for each in found.standings:
        if is_json:
            json_line(_standing_record(each))
        else:
            click.echo(_standing_line(each))
    if is_json:
        json_line({"next": iso(found.next) if found.next is not None else None})
    elif found.next is not None:
        click.echo(f"the next are due {iso(found.next)}")
    else:
        click.echo("none are planned: selfcheck.every_hours is 0, or no monitor ran since it was set")
    return 1 if found.missed else 0


@selfcheck.command()
@click.option("--channel", "channels", multiple=True, type=click.Choice(get_args(Way)), help="By this one; may repeat.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def send(session: Session, *, channels: tuple[Way, ...], is_json: bool) -> int:
    """Send canaries now, by every way that a running `earwitness watch` of this store watches, and wait for them.

    What was written into folders is removed again. A canary that is not seen in time is an alert and a gap. Exit 0
    when all were seen, 1 otherwise.
    """
    from forensics.selfchecking.registering import SETTLE_S, is_registered, register
    from forensics.selfchecking.sending import Sender

    config = session.config
    if channels:
        only = msgspec.structs.replace(config.selfcheck, channels=channels)
        config = msgspec.structs.replace(config, selfcheck=only)
    with Ending() as ending, session.open_store() as store:
        recorder = Recorder(store=store, policy=session.policy(), folder=session.store)
        sender = Sender(store, config, tell=_teller(recorder), clock=time.time, is_stopping=ending.wait)
        means = sender.means()
        if not means:
            raise InputError("no running monitor of this store watches a way that a canary can be sent by")
        if not is_registered(sender.kit, session.store):
            with WorkerPool(config, session.store) as pool:
                register(sender.kit, session.store, pool)
            ending.wait(SETTLE_S)
        found = sender.round(means)
    for canary in found:
        if is_json:
            json_line(canary_record(canary))
        else:
            click.echo(canary_line(canary))
    return 0 if all(canary.outcome == FOUND for canary in found) else 1


def canary_record(canary: Canary) -> dict[str, Any]:
    """A canary as a JSON object."""
    return {
        "canary": f"K{canary.id}",
        "channel": canary.channel,
        "sensor": canary.sensor,
        "destination": canary.destination,
        "sent": iso(canary.sent),
        "seen": iso(canary.seen) if canary.seen else None,
        "detected_s": _rounded(canary.detected_s),
        "by": canary.by.split(", ") if canary.by else [],
        "outcome": canary.outcome or "under way",
        "reason": canary.reason or canary.lack,
    }


def canary_line(canary: Canary) -> str:
    """A canary as a line for people."""
    words = canary.outcome or "under way"
    if canary.outcome == FOUND:
        words = f"seen after {canary.detected_s:.1f} s (known by {visible(canary.by)})"
    elif canary.reason or canary.lack:
        words += f": {visible(canary.reason or canary.lack)}"
    return f"canary K{canary.id} {visible(canary.channel)} by {visible(canary.sensor)}: {words}"


def _standing_record(each: Standing) -> dict[str, Any]:
    counts = {"sent": each.sent, "seen": each.seen, "missed": each.missed}
    times = {"p50_s": _rounded(each.p50_s), "p95_s": _rounded(each.p95_s)}
    return {"channel": each.channel, "sensor": each.sensor, **counts, **times, "last": canary_record(each.last)}


def _standing_line(each: Standing) -> str:
    counted = f"{each.seen} of {each.sent} seen, {each.missed} missed"
    soon = "" if each.p50_s is None else f", p50 {each.p50_s:.1f} s, p95 {each.p95_s:.1f} s"
    return f"{counted}{soon}; {iso(each.last.sent)}  {canary_line(each.last)}"


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _teller(recorder: Recorder) -> Callable[[Analysis, Gap, Callable[[], None]], None]:
    """Records what was missed at once."""

    def tell(analysis: Analysis, gap: Gap, done: Callable[[], None]) -> None:
        recorder.record([Entry(result=Result(analysis=analysis))], gaps=[gap])
        done()

    return tell
