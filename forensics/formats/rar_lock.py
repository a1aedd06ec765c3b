"""Takes the lock off a RAR archive: the same archive anew, its headers and members in the clear.

libarchive reads RAR but no locked one. Members stay packed as they are; only the cipher comes off.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Final

from forensics.content import Content, Spool
from forensics.errors import Malformed
from forensics.formats.archive_unlocking import MOST_BYTES, Unlocked, reads_well
from forensics.formats.passwords import Passwords
from forensics.formats.rar4_lock import pieces_4
from forensics.formats.rar5_lock import pieces_5
from forensics.formats.rar_blocks import FILE_4, FILE_5, LOCK_5, MAGIC_5, LockedHeaderError, blocks_4, blocks_5
from forensics.formats.rar_members import LOCKED_4, read_file_5, with_checksums
from forensics.formats.rar_pieces import Piece

FORMATS: Final = ("rar", "rar5")
_END_5: Final = bytes.fromhex("1d77565103050400")
"""Without a last block libarchive gives nothing of the last member of format 5; format 4 needs none, and minds none."""


def unlocked_rar(content: Content, passwords: Passwords, check_time: Callable[[], None]) -> Unlocked | None:
    """The archive without its lock and the password that took it off; None where nothing is locked or none fits.

    Before any is tried, headers alone are read.
    """
    walk = pieces_5 if content.head(len(MAGIC_5)) == MAGIC_5 else pieces_4
    if not len(passwords) or content.size > MOST_BYTES or not _is_locked(content):
        return None
    for password in passwords.tries():
        with contextlib.suppress(Malformed):
            first, skip = _written(walk(content, password, check_time), trial_end=_END_5)
            if reads_well(first, FORMATS, with_checksums, check_time, skip=skip):
                passwords.keep(password)
                return Unlocked(_written(walk(content, password, check_time))[0], password)
    return None


def _is_locked(content: Content) -> bool:
    try:
        if content.head(len(MAGIC_5)) == MAGIC_5:
            walk = blocks_5(content)
            return any(b.kind == LOCK_5 or (b.kind == FILE_5 and read_file_5(b).member.lock) for b in walk)
        return any(b.kind == FILE_4 and b.flags & LOCKED_4 for b in blocks_4(content))
    except LockedHeaderError:
        return True
    except Malformed:
        return False


def _written(pieces: Iterator[Piece], *, trial_end: bytes = b"") -> tuple[Content, int]:
    """The pieces as one archive, a trial up to the first locked member with bytes; and how many members precede it."""
    spool, members = Spool(), 0
    for piece in pieces:
        spool.write(piece.header)
        for chunk in piece.data:
            spool.write(chunk)
        if trial_end and piece.is_proof:
            spool.write(trial_end)
            break
        members += piece.is_member
    return spool.close(), members
