"""`earwitness tui`: the terminal UI over a store, live while monitors write to it."""

from __future__ import annotations

import ctypes
import os
import signal
import stat
import sys
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.errors import MissingToolError, StoreError
from forensics.store import reader, schema

PORT = 8765
_SET_DEATH_SIGNAL = 1


@click.command()
@click.option("--observer", is_flag=True, help="Read only: no acknowledging, no closing.")
@click.option("--serve", is_flag=True, help="Show it in a browser on this machine, at an address that is printed.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="For --serve; 0: any.")
@click.option("--sitting", is_flag=True, hidden=True)
@click.pass_obj
def tui(session: Session, observer: bool, serve: bool, port: int, sitting: bool) -> None:
    """Show alerts, incidents and sensors live; `?` in it lists the keys."""
    if serve:
        check(session.store)
        _serve(session, port, is_observer=observer)
        return
    if sitting:
        _end_with_parent()
    elif not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        raise click.UsageError("the terminal UI needs a terminal; `earwitness search` and `show` print without one")
    check(session.store)
    from forensics.cli.rules.books import places_of
    from tui.app import TuiApp
    from tui.keymap import Keymap
    from tui.pixels.ability import Ability, asked

    chosen = session.config.tui
    ability = Ability() if sitting else asked(chosen.pictures)
    TuiApp(
        session.store,
        actor=session.actor,
        is_observer=observer or chosen.observer,
        keys=Keymap(chosen.keys),
        colours=chosen.theme,
        packs=places_of(session, ()),
        ability=ability,
        config=click.get_current_context().find_root().params.get("config_path"),
    ).run()


def _serve(session: Session, port: int, *, is_observer: bool) -> None:
    """Serve the console until interrupted."""
    try:
        from tui.browser.server import BrowserServer
    except ImportError as error:
        raise MissingToolError(
            f"--serve needs {error.name}, which is not installed: pip install 'earwitness[serve]'"
        ) from error
    from tui.twin import PROGRAM, session_options

    options = session_options(session.store, click.get_current_context().find_root().params.get("config_path"))
    command = [*PROGRAM, *options, "tui", "--sitting", *(["--observer"] if is_observer else [])]

    def say(address: str) -> None:
        """Print where it is; who has the address, has the console."""
        click.echo(f"The console is at\n\n  {address}\n")
        click.echo(
            "Whoever has this address sits here as you. From elsewhere: ssh -L PORT:127.0.0.1:PORT. ctrl+c ends it."
        )

    BrowserServer(command, port=port, say=say).serve()


def _end_with_parent() -> None:
    """Leave when the server is gone, however it went."""
    server = os.getppid()
    ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != server:
        raise SystemExit(0)


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
