"""`earwitness verify`: whether the evidence is what was recorded, as far as the store and its heads can tell."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.cli.wording import counted
from forensics.custody import keys, notes, stamps
from forensics.database import Connection
from forensics.errors import InputError, Malformed, StoreError
from forensics.reports.records import iso
from forensics.store import custody, reader, signed, witnesses
from forensics.text_safety import visible
from forensics.witnessing import certificate

MOST_NOTES_BYTES = 64 << 20


@click.command()
@click.option(
    "--head",
    "paths",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A file of signed heads that was kept elsewhere (`earwitness heads`); may be given again.",
)
@click.option("--key", "vkeys", multiple=True, help="The public key those heads are signed with; default: the log's.")
@click.option(
    "--tsa-cert",
    "tsa_cert",
    type=click.Path(path_type=Path),
    help="Certificates (PEM) that time stamps of heads must hold against (default: custody.tsa_cert).",
)
@click.option("--json", "is_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def verify(
    session: Session, *, paths: tuple[Path, ...], vkeys: tuple[str, ...], tsa_cert: Path | None, is_json: bool
) -> int:
    """Check every entry, signed head, alert and decision of the evidence store.

    Exit 0 when all is as it was recorded, 1 when something is not. Heads that were kept on another machine (--head)
    also find what somebody with this machine's signing key did.
    """
    connection = reader.open_reader(session.store)
    try:
        known = [_key(text) for text in vkeys] or signed.all_keys(connection)
        outside: dict[custody.Origin, list[custody.Anchor]] = defaultdict(list)
        for path in paths:
            for head in _heads(path, known):
                outside[head.log].append((head.size, head.root))
        found = custody.examine(connection, outside=outside)
        if not vkeys:
            found = replace(found, breaks=(*found.breaks, *_strange_key(session.store, found)))
        stamped, wrong = _stamped(connection, tsa_cert or session.config.custody.tsa_cert)
        found = replace(found, breaks=(*found.breaks, *wrong))
    finally:
        connection.close()
    if is_json:
        json_line({"whole": not found.breaks, **dataclasses.asdict(found), "stamps": stamped})
    else:
        click.echo("\n".join([*stamped, *_lines(found, len(paths))]))
    return 1 if found.breaks else 0


def _lines(found: custody.Verification, outside: int) -> Iterator[str]:
    for log in found.logs:
        yield f"log {log.agent}:{log.epoch}: {log.size} entries, {log.covered} of them under {log.heads} signed heads"
        if log.size > log.covered:
            yield f"  the last {log.size - log.covered} are chained, but no head vouches for them yet"
        yield from (f"  signed with {visible(key)}" for key in log.keys)
    for each in found.breaks:
        yield f"BROKEN {visible(each.subject)}: {visible(each.reason)}"
    if found.breaks:
        yield f"{len(found.breaks)} places are not as they were recorded"
        return
    yield "all of it is as it was recorded"
    if not outside:
        yield "whoever took over this machine and its key could still have written all of it anew: give --head"


def _stamped(connection: Connection, trusted: Path | None) -> tuple[list[str], list[custody.Break]]:
    """What time stamps say, and those that do not hold. Raises InputError."""
    kept = witnesses.stamps(connection)
    if not kept:
        return [], []
    if trusted is None:
        return [f"{counted(len(kept), 'time stamp')}, not checked: give --tsa-cert"], []
    roots = [certificate(trusted)]
    said, wrong = [], []
    for each in kept:
        try:
            data = stamps.stamped(notes.Note.parse(each.note.encode()))
            found = stamps.check(each.answer, data, roots=roots)
            said.append(f"the first {each.size} entries were there at {iso(found.time)}: stamped by {found.authority}")
        except Malformed as error:
            wrong.append(custody.Break(subject=f"stamp of {each.size} entries", reason=str(error)))
    return said, wrong


def _strange_key(store: Path, found: custody.Verification) -> Iterator[custody.Break]:
    """A break when this store's own log names another key last than the one that lies beside it; a copy has none."""
    for log in found.logs:
        with suppress(StoreError):
            public = str(keys.load_key(store, notes.origin_of(log.agent, log.epoch)).verifier)
            if log.is_own and log.keys[-1:] != (public,):
                yield custody.Break(subject="signing key", reason="is another than the one that the log names last")


def _key(text: str) -> keys.VerifierKey:
    try:
        return keys.VerifierKey.parse(text)
    except Malformed as error:
        raise click.BadParameter(str(error), param_hint="--key") from error


def _heads(path: Path, known: Sequence[keys.VerifierKey]) -> Iterator[notes.Head]:
    """The heads of a file of signed notes, one after another. Raises InputError."""
    try:
        with open(path, "rb") as file:
            text = file.read(MOST_NOTES_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {getattr(error, 'strerror', None) or 'is no text'}") from error
    try:
        for note in notes.split(text):
            yield signed.checked(note, known)
    except Malformed as error:
        raise InputError(f"{path}: {error}") from error
