"""A backtest as a table for people and as JSON lines: observations, then rules, then the totals."""

from __future__ import annotations

from typing import Any

import click

from forensics.backtesting import Backtest, Judged, Record, Totals
from forensics.cli.render import json_line, match_record
from forensics.cli.wording import counted
from forensics.reports.records import iso
from forensics.text_safety import visible

_HEAD = f"{'alerts':>7} {'new':>6} {'matches':>8} {'as then':>8} {'no more':>8}  rule"


def print_judged(judged: Judged, *, is_json: bool) -> None:
    """One observation that rules match."""
    each, seen = judged.remembered, judged.remembered.observation
    if is_json:
        json_line(
            {
                "observation": f"O{each.id}",
                "alert": None if each.alert is None else f"A{each.alert}",
                "time": iso(seen.time),
                "channel": seen.channel,
                "name": seen.name,
                "user": seen.subject.user,
                "destination": seen.destination,
                "would_alert": judged.verdict.is_alert,
                "severity": judged.verdict.severity.value,
                "title": judged.verdict.title,
                "alerting_rules": list(judged.alerting),
                "matches": [match_record(match) for match in judged.matches],
            }
        )
        return
    who = visible(seen.subject.user) or "unknown user"
    click.echo(f"O{each.id}  {iso(seen.time)}  {visible(seen.channel)}  {who}  {visible(seen.name)}")
    rules = ", ".join(judged.alerting) or ", ".join(dict.fromkeys(match.rule for match in judged.matches))
    click.echo(f"      {judged.verdict.severity.value}  {visible(judged.verdict.title)}  ({visible(rules)})")


def print_totals(trial: Backtest, places: str, clean: int, *, is_json: bool) -> None:
    """What each rule and all of them together came to; `clean` objects left nothing to ask."""
    records = sorted(trial.records.values(), key=lambda each: (-each.new, -each.alerts, -each.matched, each.rule.id))
    if is_json:
        for record in records:
            json_line(_record(record))
        json_line({"backtest": _totals(trial, clean)})
        return
    shown = [each for each in records if each.matched or each.gone or each.unasked]
    if shown:
        click.echo(_HEAD)
    for each in shown:
        click.echo(_line(each))
    if silent := len(records) - len(shown):
        click.echo(f"{counted(silent, 'rule')} matched nothing")
    _say(trial.totals, places, clean)


def _line(record: Record) -> str:
    rule = record.rule
    numbers = f"{record.alerts:>7} {record.new:>6} {record.matched:>8} {record.again:>8} {record.gone:>8}"
    notes = [rule.severity.value]
    notes += [counted(len(record.users), "user")] if record.users else []
    notes += [f"{count} closed as {how}" for how, count in record.closed.most_common()]
    notes += [f"{record.unasked} matched then, content not at hand"] if record.unasked else []
    return visible(f"{numbers}  {rule.id}  {rule.title} ({', '.join(notes)})")


def _say(totals: Totals, places: str, clean: int) -> None:
    opened = f"{totals.opened} opened" + (f" ({places})" if places else "")
    click.echo(f"{counted(totals.looked_at, 'observation')} looked at, {opened}", err=True)
    rate = f"{totals.new / totals.days:.1f} a day over {counted(round(totals.days), 'day')}"
    click.echo(f"{counted(totals.alerts, 'alert')} would be raised, {totals.new} of them new: {rate}", err=True)
    for why, count in (*totals.unanswered.items(), *(("not read whole: " + k, n) for k, n in totals.unread.items())):
        click.echo(f"not answered for {count}: {visible(why)}", err=True)
    if clean:
        click.echo(f"not answered for {counted(clean, 'object')}: clean then, and nothing is kept of them", err=True)


def _record(record: Record) -> dict[str, Any]:
    return {
        "rule": record.rule.id,
        "title": record.rule.title,
        "severity": record.rule.severity.value,
        "status": record.rule.status,
        "alerts": record.alerts,
        "new": record.new,
        "matched": record.matched,
        "as_then": record.again,
        "no_more": record.gone,
        "not_asked": record.unasked,
        "users": len(record.users),
        "closed": dict(record.closed),
    }


def _totals(trial: Backtest, clean: int) -> dict[str, Any]:
    totals = trial.totals
    return {
        "rules": trial.versions.rules,
        "register": trial.versions.index,
        "looked_at": totals.looked_at,
        "opened": totals.opened,
        "alerts": totals.alerts,
        "new": totals.new,
        "days": round(totals.days, 2),
        "unanswered": dict(totals.unanswered),
        "unread": dict(totals.unread),
        "left_nothing": clean,
    }
