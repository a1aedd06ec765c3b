"""The `--passwords` option: the words of one case, read once, kept nowhere and told to the workers alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import click

from forensics.cli.wording import counted
from forensics.errors import InputError
from forensics.model import CustodyEntry
from forensics.store.writer import Store

MOST_BYTES = 16 << 20

passwords_option = click.option(
    "--passwords",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Passwords of this case, one a line in UTF-8, tried on what is encrypted; only their numbers are kept.",
)


def note_passwords(store: Store, words: Sequence[str], actor: str, *, subject: str) -> None:
    """Note in the store's custody that a list was used, and how long it is. Raises StoreError."""
    if not words:
        return
    detail = counted(sum(bool(word) for word in words), "password")
    with store.group() as group:
        group.custody(
            CustodyEntry(actor=actor, action="passwords tried", subject=subject, detail=detail, time=time.time())
        )


def stamp_of(file: Path | None) -> str:
    """What changes when the list does, and says nothing of its words. Raises InputError."""
    if file is None:
        return ""
    try:
        status = file.stat()
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from error
    return f"{status.st_dev}-{status.st_ino}-{status.st_mtime_ns}"


def read_passwords(file: Path | None) -> tuple[str, ...]:
    """The lines of the file, empty ones too, so that a word's number is its line.

    Raises InputError, which quotes nothing of it.
    """
    if file is None:
        return ()
    try:
        with file.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise InputError(f"{file}: no text in UTF-8") from None
    if len(data) > MOST_BYTES:
        raise InputError(f"{file}: more than {MOST_BYTES >> 20} MiB of passwords")
    return tuple(line.removesuffix("\r") for line in text.removesuffix("\n").split("\n"))
