"""`earwitness tui`: the terminal UI over a store, live while monitors write to it."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.errors import StoreError
from forensics.store import reader, schema


@click.command()
@click.option("--observer", is_flag=True, help="Read only: no acknowledging, no closing.")
@click.pass_obj
def tui(session: Session, observer: bool) -> None:
    """Show alerts, incidents and sensors live; `?` in it lists the keys."""
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        raise click.UsageError("the terminal UI needs a terminal; `earwitness search` and `show` print without one")
    check(session.store)
    from forensics.cli.rules.books import places_of
    from tui.app import TuiApp
    from tui.keymap import Keymap

    chosen = session.config.tui
    TuiApp(
        session.store,
        actor=session.actor,
        is_observer=observer or chosen.observer,
        keys=Keymap(chosen.keys),
        colours=chosen.theme,
        packs=places_of(session, ()),
        config=click.get_current_context().find_root().params.get("config_path"),
    ).run()


def check(folder: Path) -> None:
    """Raise StoreError for a store that cannot be read; none yet is none to complain of."""
    file = folder / schema.FILE_NAME
    try:
        mode = os.stat(file).st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"{file}: cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(mode):
        raise StoreError(f"{file}: not a regular file")
    reader.open_reader(folder).close()
