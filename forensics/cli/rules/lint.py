"""`earwitness rules lint`: what a pack lacks, and how to mend it."""

from __future__ import annotations

from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.cli.rules.books import JSON, PACKS, places_of
from forensics.cli.wording import counted
from forensics.resources import samples_folder
from forensics.rulebook.lint import lint as look_over
from forensics.text_safety import visible


@click.command()
@PACKS
@JSON
@click.pass_obj
def lint(session: Session, packs: tuple[Path, ...], is_json: bool) -> int:
    """Look packs over: what is missing, unknown, taken twice, slow or untested. Exit 0: nothing to mend, 1: not."""
    findings = look_over(places_of(session, packs), [samples_folder() / "rules"])
    for finding in findings:
        if is_json:
            json_line(
                {
                    "file": str(finding.path),
                    "line": finding.line or None,
                    "code": finding.code,
                    "level": finding.level,
                    "message": finding.message,
                    "fix": finding.fix,
                }
            )
        else:
            click.echo(visible(str(finding)))
    click.echo(counted(len(findings), "finding"), err=True)
    return 1 if any(finding.level != "info" for finding in findings) else 0
