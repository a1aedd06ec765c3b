"""What became of issued packages as far as evidence tells: opened, sent, returned. Made from the log alone.

So the answer is the same in a store that others were merged into, and every line of it names its evidence.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from forensics.database import Connection, Row
from forensics.model import Return
from forensics.store.access import fetch_all, question
from forensics.store.log import key_of
from forensics.store.tags import tag
from forensics.store.texts import restored, stored

MOST = 10_000
"""Observations of one package that are looked at, the latest."""
_FOUND = "file"
"""The channel of what a scan found lying."""
_SQL = (
    "SELECT o.id, o.alert, o.time, o.is_leaving, o.host, o.user, o.source, o.destination, o.items, o.key,"
    " o.channel"
    " FROM observations o WHERE o.id IN (SELECT rowid FROM evidence_fts WHERE evidence_fts MATCH ?)"
    " AND o.channel <> 'issue'"
    " AND (instr(o.items, ?) OR EXISTS (SELECT 1 FROM matches m WHERE m.observation = o.id"
    " AND m.package = ?)) ORDER BY o.id DESC LIMIT ?"
)
_TEXTS = "SELECT item FROM matches WHERE observation = ? AND matcher = 'text' AND accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One sighting of a package. `kind`: opened (where people work), returned (the sanctioned way), left (elsewhere).

    `user` is a pseudonym, `place` where it lay or went, `way` the sanctioned way's name; `alert` is None without one.
    """

    id: int
    alert: int | None
    kind: str
    time: float
    host: str
    user: str
    place: str
    way: str = ""

    @property
    def evidence(self) -> str:
        """How people name what shows it: A12, or O5 where there is no alert."""
        return f"A{self.alert}" if self.alert is not None else f"O{self.id}"


@question
def movements(connection: Connection, package: str) -> tuple[Movement, ...]:
    """Where one package was seen, the oldest first. Raises StoreError."""
    found = [_movement(row, package) for row in _rows(connection, package)]
    return tuple(sorted(found, key=lambda seen: (seen.time, seen.id)))


@question
def returned(connection: Connection, package: str, *, but: str) -> Return | None:
    """The last sanctioned return of a package, beside the observation of the key `but`. Raises StoreError."""
    own = key_of("O", stored(but)).hex()
    for row in _rows(connection, package):
        seen = _movement(row, package)
        if seen.kind == "returned" and row["key"] != own:
            texts = frozenset(restored(each["item"]) for each in fetch_all(connection, _TEXTS, [seen.id]))
            return Return(time=seen.time, way=seen.way, texts=texts)
    return None


def _rows(connection: Connection, package: str) -> Sequence[Row]:
    name = stored(package, 500)
    quoted = json.dumps(f":{name}", ensure_ascii=False)[1:]
    return fetch_all(connection, _SQL, (f'"{tag("package", name)}"', quoted, name, MOST))


def _movement(row: Row, package: str) -> Movement:
    items = [restored(item) for item in json.loads(row["items"])]
    way = next((item.partition(":")[2] for item in items if item.startswith("way:")), "")
    is_back = f"returned:{package}" in items
    is_sent = bool(row["is_leaving"]) and row["channel"] != _FOUND
    return Movement(
        id=row["id"],
        alert=row["alert"],
        kind="returned" if is_back else "left" if is_sent else "opened",
        time=row["time"],
        host=restored(row["host"]),
        user=restored(row["user"]),
        place=restored(row["destination"] or row["source"] if is_sent else row["source"]),
        way=way if is_back else "",
    )
