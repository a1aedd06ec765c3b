"""`earwitness tui`: the terminal UI over a store, live while monitors write to it."""

from __future__ import annotations

import sys

import click

from forensics.cli.context import Session


@click.command()
@click.option("--observer", is_flag=True, help="Read only: no acknowledging, no closing.")
@click.pass_obj
def tui(session: Session, observer: bool) -> None:
    """Show alerts, incidents and sensors live; `?` in it lists the keys."""
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        raise click.UsageError("the terminal UI needs a terminal; `earwitness search` and `show` print without one")
    from tui.app import TuiApp

    TuiApp(session.store, actor=session.actor, is_read_only=observer).run()
