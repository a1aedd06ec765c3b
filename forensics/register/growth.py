"""How far the register of a store has grown: what was compared with less of it is worth another look."""

from __future__ import annotations

from pathlib import Path

from forensics.database import DatabaseError
from forensics.errors import StoreError
from forensics.register.schema import FILE, open_register, signature

NOTHING = "none"
_NEWEST = "SELECT seq FROM sqlite_sequence WHERE name = 'items'"


class Growth:
    """Follows one register. What is removed from it, or issued to others too, is no growth."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._signature: tuple[tuple[int, int, int] | None, ...] | None = None
        self._reached = NOTHING

    def reached(self) -> str:
        """Another text whenever something was registered since; costs two `stat` calls when nothing was.

        Stays what it was while the register cannot be read.
        """
        seen = signature(self._path)
        if seen == self._signature:
            return self._reached
        try:
            self._reached = self._read()
        except (DatabaseError, StoreError):
            return self._reached
        self._signature = seen
        return self._reached

    def _read(self) -> str:
        opened = open_register(self._path)
        if opened is None:
            return NOTHING
        connection, header = opened
        try:
            newest = connection.execute(_NEWEST).fetchone()
        finally:
            connection.close()
        return f"{header['id']}-{newest[0]}" if newest else NOTHING
