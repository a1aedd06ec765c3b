"""`earwitness rules lock`: which version of each rule says what."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from forensics.cli.wording import counted
from forensics.errors import RuleError
from forensics.rulebook.lock import LOCK, Fault, Kind, faults, read_lock, renewed, write_lock
from forensics.rulebook.pack import Pack, find_packs, read_pack
from forensics.text_safety import visible


@click.command()
@click.argument("packs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PACK...")
@click.option("--check", "is_checked", is_flag=True, help="Write nothing; exit 1 when the lock is not up to date.")
def lock(packs: tuple[Path, ...], is_checked: bool) -> int:
    """Record in lock.toml which version of each rule says what, with the history of its states.

    A rule that changed under the same version, an id used again and a rule that went without notice are told, and then
    nothing is written. Exit 0: locked, 1: something is to mend.
    """
    is_sound = True
    for place in (place for path in packs for place in find_packs(path)):
        if place.is_file():
            raise RuleError(f"{place}: a lone rule file has no place for a lock; put it into a folder")
        is_sound = _lock(read_pack(place), is_checked=is_checked) and is_sound
    return 0 if is_sound else 1


def _lock(pack: Pack, *, is_checked: bool) -> bool:
    """Say whether the pack is locked now."""
    rules, today = list(pack.rules), date.today()
    old = read_lock(pack.folder)
    told = list(faults(old, pack.manifest, rules, today=today)) if old is not None else []
    grave = [fault for fault in told if fault.kind is not Kind.STALE]
    path = pack.folder / LOCK
    if is_checked and old is None:
        told = [Fault(kind=Kind.STALE, rule="", message="there is no lock")]
    for fault in told if is_checked else grave:
        click.echo(visible(f"{path}: {fault.kind.value}: {fault.message}"))
    if is_checked:
        return not told
    if grave:
        click.echo(visible(f"{path}: not written, {counted(len(grave), 'fault')}"), err=True)
        return False
    new = renewed(old, pack.manifest, rules, today=today)
    if new != old:
        write_lock(pack.folder, new)
    state = "stays as it was" if new == old else "written"
    click.echo(visible(f"{path}: {counted(len(rules), 'rule')}, version {new.version}, {state}"))
    return True
