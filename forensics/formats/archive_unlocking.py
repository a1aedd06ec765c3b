"""What formats have in common whose lock is taken off before libarchive reads them: trial, and marks on the entries."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from forensics.content import Content
from forensics.errors import Malformed
from forensics.formats.archive_entries import Entry, read_entries
from forensics.formats.passwords import Password, Passwords

Mark = Callable[[Iterator[Entry], Content], Iterator[Entry]]
"""Says of entries, from an archive's own headers, which are locked and what CRC-32 they have."""


MOST_BYTES: Final = 1 << 30
"""Of an archive in the clear, which is held in memory as a whole."""


@dataclass(frozen=True, slots=True)
class Unlocked:
    """The same archive in the clear, and the password that made it so."""

    content: Content
    password: Password


def reads_well(
    trial: Content, formats: tuple[str, ...], mark: Mark, check_time: Callable[[], None], *, skip: int = 0
) -> bool:
    """Say whether the first file with bytes, after `skip` entries, unpacks to what its checksum says.

    Where there is none, nothing proves the password.
    """
    try:
        for number, entry in enumerate(mark(read_entries(trial, formats), trial)):
            if number < skip or not entry.is_file or entry.size == 0:
                continue
            for _ in entry.checked():
                check_time()
            return True
    except Malformed:
        return False
    return False


def refusal_of(content: Content, passwords: Passwords) -> str:
    """Why no password opened what is locked in an archive; empty without a list."""
    if len(passwords) and content.size > MOST_BYTES:
        return f"larger than {MOST_BYTES >> 20} MiB: no password was tried"
    return passwords.refusal()


def unlocked_entries(original: Content, unlocked: Unlocked, formats: tuple[str, ...], mark: Mark) -> Iterator[Entry]:
    """The entries in the clear; those that were locked, all where the list was, say by which password they opened."""
    was_locked: list[bool] = []
    with contextlib.suppress(Malformed):
        was_locked += [entry.is_encrypted for entry in mark(read_entries(original, formats), original)]
    for number, entry in enumerate(mark(read_entries(unlocked.content, formats), unlocked.content)):
        is_opened = number >= len(was_locked) or was_locked[number]
        yield replace(entry, facts=unlocked.password.facts) if is_opened else entry
