"""`earwitness unseal`: request, approve, open; no one of them alone."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from forensics.approving import approve as approve_here
from forensics.approving import ask, bring, signing, write_out
from forensics.cli import requests
from forensics.cli.context import Session
from forensics.cli.passphrase import passphrase, passphrase_option
from forensics.errors import InputError, Malformed
from forensics.pseudonyms import PERSON
from forensics.reports.records import iso
from forensics.sealing import keyfiles
from forensics.sealing.request import MOST_BYTES, Approval, Request
from forensics.store.people import name_in
from forensics.store.requests import Requests
from forensics.text_safety import visible
from forensics.unsealing import bring_out

T = TypeVar("T")
_FILE = click.Path(path_type=Path)


@click.group()
def unseal() -> None:
    """Open kept content, or learn a name: a request, the approvals of two custodians, and only then what was sealed.

    A request waits in the store, where others approve or decline it by its id, here or in the console; its file may
    also travel to custodians, who approve it on their own machines.
    """


unseal.add_command(requests.list_)
unseal.add_command(requests.decline)


@unseal.command()
@click.argument("object_", metavar="SHA256|ALERT|PERSON")
@click.option("--reason", required=True, help="Why; the custodians see it, and it stands in the log.")
@click.option("--hours", required=True, type=float, help="For how long from now it may be opened.")
@click.option(
    "--key", "key_file", type=_FILE, help="Your private key, where you are a custodian: one of the two yeses."
)
@click.option("--out", type=_FILE, help="The request's file (default: the request's id with .request).")
@passphrase_option
@click.pass_obj
def request(
    session: Session,
    *,
    object_: str,
    reason: str,
    hours: float,
    key_file: Path | None,
    out: Path | None,
    passphrase_file: Path | None,
) -> int:
    """Ask the custodians to open one object, by its SHA-256 or the alert it belongs to, or the name of p-....

    The file goes to two of them, who approve it on their own machines; it waits in the store too.
    """
    now = time.time()
    own = signing(key_file, lambda: passphrase(passphrase_file), now=now) if key_file is not None else None
    with session.open_store() as store:
        made = ask(
            store,
            object_,
            reason=reason,
            hours=hours,
            actor=session.actor,
            host=session.config.host_name,
            now=now,
            random=secrets.token_bytes,
            own=own,
        )
    path = out or Path(f"{made.id}.request")
    keyfiles.write_new(path, made.text, 0o600)
    names = ", ".join(person.name for person in made.header.custodians)
    few = "one more" if own is not None else "two"
    click.echo(f"{visible(str(path))}: {few} of {names} can approve it until {iso(made.until)}")
    click.echo(f"it waits here as {made.id}")
    return 0


@unseal.command()
@click.argument("request_file", metavar="REQUEST|ID", type=_FILE)
@click.option(
    "--key",
    "key_file",
    required=True,
    type=_FILE,
    help="Your private key file; for an ID also what it approved elsewhere.",
)
@click.option("--out", type=_FILE, help="The approval's file (default: beside the request, with your name).")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@passphrase_option
@click.pass_obj
def approve(
    session: Session,
    *,
    request_file: Path,
    key_file: Path,
    out: Path | None,
    is_sure: bool,
    passphrase_file: Path | None,
) -> int:
    """Approve a request, on a custodian's own machine: who asks for what, why, until when is shown first.

    The approval is good for this request alone and tells nothing without that of a second custodian. One of a request
    that waits in this store (ID) stays in it, and in its log; who asked cannot approve there.
    """
    is_here = requests.is_id(request_file)
    asked = Requests(session.store).request(str(request_file)) if is_here else read_file(request_file, Request.parse)
    _show(asked)
    if not is_sure:
        click.confirm("Approve it?", abort=True, err=True)
    now = time.time()
    sign = signing(key_file, lambda: passphrase(passphrase_file), now=now)
    if is_here:
        with session.open_store() as store:
            approve_here(store, asked.id, sign, actor=session.actor, now=now)
        click.echo(f"{asked.id}: approved")
        return 0
    approval = sign(asked)
    path = out or request_file.with_name(f"{request_file.name}.{approval.custodian}")
    keyfiles.write_new(path, approval.text, 0o600)
    click.echo(visible(str(path)))
    return 0


@unseal.command("open")
@click.argument("request_file", metavar="REQUEST|ID", type=_FILE)
@click.argument("approvals", metavar="[APPROVAL APPROVAL]", nargs=-1, type=_FILE)
@click.option("--out", help="A file, which must not be there yet, or - for stdout (into a player). Names need none.")
@click.pass_obj
def open_(session: Session, request_file: Path, approvals: tuple[Path, ...], out: str | None) -> int:
    """Open what two different custodians approved, within the time of the request.

    What comes out is clear: sent to stdout it touches no disk. A name is printed. What was approved in this store (ID,
    no approvals) is opened by who asked alone.
    """
    is_here = requests.is_id(request_file) and not approvals
    asked = Requests(session.store).request(str(request_file)) if is_here else read_file(request_file, Request.parse)
    if out is None and not asked.subject.startswith(PERSON):
        raise click.UsageError("content goes to --out FILE, or --out - for stdout")
    answers = [read_file(path, Approval.parse) for path in approvals]
    with session.open_store() as store:
        if is_here:
            pieces = bring(store, asked.id, actor=session.actor, now=time.time())
        else:
            pieces = bring_out(store, asked, answers, actor=session.actor, now=time.time())
        if out is None:
            click.echo(visible(name_in(b"".join(pieces))))
        elif out == "-":
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
        else:
            write_out(Path(out), pieces)
    return 0


def _show(asked: Request) -> None:
    """What the custodian decides on; all of it comes from a file."""
    facts = {
        "who": f"{asked.actor} on {asked.host}",
        "why": asked.reason,
        "what": _what(asked),
        "asked": iso(asked.made),
        "until": iso(asked.until),
        "request": asked.id,
    }
    for name, value in facts.items():
        click.echo(f"{name:<8} {visible(value)}", err=True)


def _what(asked: Request) -> str:
    if asked.subject.startswith(PERSON):
        return f"the name of {asked.subject.removeprefix(PERSON)}"
    return f"{asked.subject}, {asked.size} bytes, sha256 {asked.sha256}"


def read_file(path: Path, parse: Callable[[bytes], T]) -> T:
    """A request or approval. Raises InputError for what is none."""
    try:
        return parse(keyfiles.read(path, most_bytes=MOST_BYTES))
    except Malformed as error:
        raise InputError(f"{path}: {error}") from error
