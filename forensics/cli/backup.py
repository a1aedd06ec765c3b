"""`earwitness backup`, `restore`, `salvage`: copies of the store, and stores from copies and from what is left."""

from __future__ import annotations

import time
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.model import CustodyEntry
from forensics.store import backup as copies
from forensics.store.writer import Store

_FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.pass_obj
def backup(session: Session, *, folder: Path) -> int:
    """Copy the store, also while it is written, into FOLDER, which must not exist yet. The signing key stays here."""
    copies.copy(session.store, folder)
    _note(session.store, session.actor, "backup", str(folder))
    click.echo(f"{folder}: the store as it was", err=True)
    return 0


@click.command()
@click.argument("folder", type=_FOLDER)
@click.pass_obj
def restore(session: Session, *, folder: Path) -> int:
    """Make a store (--store) from the backup in FOLDER. Its log goes on as a new epoch, under a new key."""
    copies.restore(folder, session.store)
    _note(session.store, session.actor, "restore", str(folder))
    click.echo(f"{session.store}: restored; `earwitness verify` says whether it is whole", err=True)
    return 0


@click.command()
@click.argument("folder", type=_FOLDER)
@click.pass_obj
def salvage(session: Session, *, folder: Path) -> int:
    """Take what can still be read of the damaged store in FOLDER into a new one (--store).

    Exit 1 when something is lost; `earwitness verify` names it. Leave the damaged file as it is: it is evidence too.
    """
    found: list[copies.Salvaged] = []
    with session.open_store() as store:
        store.salvage(folder, tell=found.append)
    for log in found:
        click.echo(f"log {log.agent}:{log.epoch}: {log.found} of {log.size} entries")
    return 1 if any(log.found < log.size for log in found) else 0


def _note(store: Path, actor: str, action: str, detail: str) -> None:
    with Store.open(store, actor=actor) as opened, opened.group() as group:
        group.custody(CustodyEntry(actor=actor, action=action, subject="store", detail=detail, time=time.time()))
