"""A bench of rules as a table for people and as JSON lines."""

from __future__ import annotations

from collections.abc import Sequence

import click
import msgspec

from forensics.cli.render import json_line
from forensics.cli.wording import counted
from forensics.rulebook.measured import Bench, Change, RuleFigures
from forensics.text_safety import visible

_HEAD = f"{'ms/MiB':>8} {'x ref':>7} {'hits':>6} {'at most':>8}  rule"


def print_bench(bench: Bench, changes: Sequence[Change], *, is_json: bool) -> None:
    """Each rule, dearest first, then the whole pack and what changed."""
    ordered = sorted(bench.rules.items(), key=lambda item: (-(item[1].ratio or 0.0), -item[1].hits, item[0]))
    if is_json:
        for id, figures in ordered:
            json_line({"rule": id, **msgspec.to_builtins(figures)})
        for change in changes:
            json_line({"change": change.rule, "what": change.words, "worse": change.is_worse})
        json_line({"bench": {name: getattr(bench, name) for name in bench.__struct_fields__ if name != "rules"}})
        return
    click.echo(_HEAD)
    for id, figures in ordered:
        click.echo(visible(_line(id, figures)))
    for change in changes:
        click.echo(visible(f"{'WORSE' if change.is_worse else 'changed'} {change.rule}: {change.words}"))
    times = f"{bench.together_ms_per_mib:.1f} ms/MiB and {bench.each_us:.0f} us a scan"
    reference = f"the reference {bench.reference_ms_per_mib:.2f} ms/MiB"
    compiled = f"compiled in {bench.compiling_ms:.0f} ms"
    click.echo(f"{counted(len(bench.rules), 'rule')} together {times}; {reference}; {compiled}", err=True)
    click.echo(
        f"{counted(bench.files, 'file')} looked at, {bench.unread} not wholly read; rules matched {bench.any_hits}",
        err=True,
    )


def _line(id: str, figures: RuleFigures) -> str:
    cost = "       -       -" if figures.ratio is None else f"{figures.ms_per_mib:>8.2f} {figures.ratio:>7.2f}"
    noise = f"{figures.hits:>6} {100 * figures.at_most:>6.2f} %"
    notes = [figures.problem] if figures.problem else []
    notes += [f"matches {', '.join(figures.files)}"] if figures.files else []
    return f"{cost} {noise}  {id}" + (f"  ({'; '.join(notes)})" if notes else "")
