"""`earwitness doctor`: what this machine can and cannot see."""

from __future__ import annotations

import dataclasses

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.examination import examine
from forensics.text_safety import visible

SIGNS = {"ok": ("ok", "green"), "limited": ("limited", "yellow"), "missing": ("MISSING", "red")}


@click.command()
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def doctor(session: Session, is_json: bool) -> int:
    """Say what this machine can and cannot see, and how to mend it. Exit 1 when something is missing."""
    is_sound = True
    for finding in examine(session.config, session.store):
        is_sound = is_sound and finding.state != "missing"
        if is_json:
            json_line(dataclasses.asdict(finding))
            continue
        word, colour = SIGNS[finding.state]
        click.echo(f"{click.style(f'{word:<8}', fg=colour)} {finding.name:<26} {visible(finding.detail)}")
        if finding.mend:
            click.echo(f"{'':<8} {'':<26} mend: {visible(finding.mend)}")
    return 0 if is_sound else 1
