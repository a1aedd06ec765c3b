"""`earwitness custodian`: the people for whom kept content is sealed."""

from __future__ import annotations

import secrets
import time
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.passphrase import new_passphrase, passphrase_option
from forensics.cli.render import json_line
from forensics.cli.wording import say_what_is_not_kept
from forensics.errors import InputError, Malformed
from forensics.model import CustodyEntry
from forensics.sealing import keyfiles
from forensics.sealing.custodian import Custodian, new_key
from forensics.store.custodians import ADDED, REMOVED, SUBJECT, SUFFIX, Custodians
from forensics.store.writer import Store
from forensics.text_safety import visible


@click.group()
def custodian() -> None:
    """Name the people who can open kept content, two of them together.

    Content is sealed for them as soon as there are two; with fewer none of it is kept.
    """


@custodian.command()
@click.argument("name")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The private file; FILE.pub is put beside.")
@passphrase_option
@click.option("--no-passphrase", "is_open", is_flag=True, help="Leave the private file open to whoever can read it.")
def new(name: str, out: Path, passphrase_file: Path | None, is_open: bool) -> int:
    """Make a custodian's keys, on that person's own machine.

    FILE stays there, closed by a passphrase; FILE.pub goes to the workstations (`custodian add`).
    """
    key = new_key(name, secrets.token_bytes)
    public = out.with_name(out.name + SUFFIX)
    if public.exists():
        raise InputError(f"{public}: is there already")
    passphrase = "" if is_open else new_passphrase(passphrase_file)
    keyfiles.write_new(out, key.text(passphrase, secrets.token_bytes), 0o600)
    try:
        keyfiles.write_new(public, key.public.text, 0o644)
    except InputError:
        out.unlink()
        raise
    click.echo(f"private key  {visible(str(out))}")
    click.echo(f"public key   {visible(str(public))}")
    click.echo(f"fingerprint  {key.public.fingerprint}")
    return 0


@custodian.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def add(session: Session, file: Path) -> int:
    """Seal content for one more custodian, from now on; FILE is the public file.

    Compare the fingerprint with the custodian over another way than the file came.
    """
    try:
        person = Custodian.parse(keyfiles.read(file))
    except Malformed as error:
        raise InputError(f"{file}: {error}") from error
    with session.open_store() as store:
        store.blobs.custodians.add(person)
        _note(store, session, ADDED, person)
        click.echo(f"{person.name}  {person.fingerprint}")
        say_what_is_not_kept(store.blobs.custodians.why_not())
    return 0


@custodian.command("list")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def list_(session: Session, is_json: bool) -> int:
    """Show for whom content is sealed now."""
    custodians = Custodians(session.store)
    for person in custodians.all():
        if is_json:
            json_line({"name": person.name, "fingerprint": person.fingerprint})
        else:
            click.echo(f"{person.name:<32} {person.fingerprint}")
    say_what_is_not_kept(custodians.why_not())
    return 0


@custodian.command()
@click.argument("name")
@click.pass_obj
def remove(session: Session, name: str) -> int:
    """Seal no more content for a custodian. What was sealed before still opens with that key and another."""
    with session.open_store() as store:
        person = store.blobs.custodians.remove(name)
        _note(store, session, REMOVED, person)
        click.echo(f"{person.name}  {person.fingerprint}")
        say_what_is_not_kept(store.blobs.custodians.why_not())
    return 0


def _note(store: Store, session: Session, action: str, person: Custodian) -> None:
    entry = CustodyEntry(
        actor=session.actor,
        action=action,
        subject=f"{SUBJECT}{person.name}",
        detail=f"fingerprint {person.fingerprint}",
        time=time.time(),
    )
    with store.group() as group:
        group.custody(entry)
