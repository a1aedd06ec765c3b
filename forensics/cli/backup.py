"""`earwitness backup`, `restore`, `salvage`, `put-aside`: copies of the store, and stores from what is left of one."""

from __future__ import annotations

import time
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.model import CustodyEntry, Gap
from forensics.store import backup as copies
from forensics.store import damage
from forensics.store.writer import Store
from forensics.text_safety import visible

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


@click.command("put-aside")
@click.pass_obj
def put_aside(session: Session) -> int:
    """Put a damaged store aside and begin a new one, as `watch` does by itself; a sound one is left as it is.

    Nothing is deleted: `earwitness salvage` then reads the folder that is named. Exit 1 when it was damaged.
    """
    gap = begin_anew(session)
    if gap is None:
        click.echo("no damage was found; `earwitness verify` looks at all of it", err=True)
    return 0 if gap is None else 1


def begin_anew(session: Session) -> Gap | None:
    """Put the store aside when it is damaged, begin a new one, and say so; the gap that was recorded, or None."""
    aside = damage.put_aside(session.store)
    if aside is None:
        return None
    with session.open_store() as store:
        gap = store.begun_anew(aside)
    click.secho(f"THE EVIDENCE STORE IS DAMAGED: {visible(aside.why)}", bold=True, err=True)
    place = visible(str(aside.folder))
    click.echo(f"it lies untouched in {place}; a new one was begun: `earwitness salvage {place}`", err=True)
    return gap


def _note(store: Path, actor: str, action: str, detail: str) -> None:
    with Store.open(store, actor=actor) as opened, opened.group() as group:
        group.custody(CustodyEntry(actor=actor, action=action, subject="store", detail=detail, time=time.time()))
