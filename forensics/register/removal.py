"""Takes clips and packages out of the register: their digests, texts and codes, and what names them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from forensics.database import Connection
from forensics.register import terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """One item that is no longer registered. `package` is the one it was first issued in."""

    id: str
    kind: str
    package: str
    name: str
    sha256: str


def remove(connection: Connection, items: Iterable[str], packages: Iterable[str]) -> tuple[list[Removed], list[str]]:
    """Remove packages, and items by id, inside a transaction; returns what went and the ids that are not registered.

    A clip's codes may stand in a segment, or be on their way into one: its number is remembered in `removed` until
    no segment can hold it.
    """
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS going (number INTEGER PRIMARY KEY, package TEXT)")
    connection.execute("DELETE FROM going")
    known = {package: _take_package(connection, package) for package in packages}
    unknown = [package for package, is_known in known.items() if not is_known]
    unknown += [identity for identity in items if not _mark_item(connection, identity)]
    names = Removed.__dataclass_fields__
    gone = [Removed(**{name: row[name] for name in names}) for row in connection.execute(_GOING)]
    for statement in _DELETE:
        connection.execute(statement)
    if gone or any(known.values()):
        connection.execute("UPDATE register SET generation = generation + 1")
    return gone, unknown


def _mark_item(connection: Connection, identity: str) -> bool:
    """Mark a clip, text or file of that id, and a clip's texts, as going; False when there is none."""
    values = {"id": identity}
    connection.execute(_MARK_ITEM, values)
    return connection.execute(f"SELECT 1 FROM items WHERE {_MEANT}", values).fetchone() is not None  # noqa: S608


def _take_package(connection: Connection, package: str) -> bool:
    """Take a package out, and mark what stands in no other; False when there is no such package."""
    connection.execute(_MARK_PACKAGE, {"id": package})
    connection.execute("DELETE FROM contents WHERE package = ?", [package])
    connection.execute("DELETE FROM recipients WHERE package = ?", [package])
    terms.forget(connection, package)
    return connection.execute("DELETE FROM packages WHERE id = ?", [package]).rowcount > 0


_FIRST_PACKAGE = """
(SELECT package FROM contents JOIN packages ON packages.id = package WHERE item = items.number
 ORDER BY packages.rowid LIMIT 1)
"""
_MEANT = "(id = :id OR (id > :id || ':' AND id < :id || ';' AND kind = 'text' AND name = :id))"
_MARK_ITEM = f"INSERT OR IGNORE INTO going SELECT number, {_FIRST_PACKAGE} FROM items WHERE {_MEANT}"  # noqa: S608
_MARK_PACKAGE = """
INSERT OR IGNORE INTO going SELECT item, package FROM contents WHERE package = :id
AND NOT EXISTS (SELECT * FROM contents other WHERE other.item = contents.item AND other.package <> :id)
"""
_GOING = """
SELECT items.id, kind, going.package AS package, name, sha256
FROM going JOIN items ON items.number = going.number ORDER BY going.number
"""
_DELETE = (
    "INSERT OR IGNORE INTO removed SELECT number FROM items"
    " WHERE kind = 'clip' AND number IN (SELECT number FROM going)",
    "DELETE FROM contents WHERE item IN (SELECT number FROM going)",
    "DELETE FROM checksums WHERE item IN (SELECT number FROM going)",
    "DELETE FROM audio WHERE item IN (SELECT number FROM going)",
    "DELETE FROM pictures WHERE item IN (SELECT number FROM going)",
    "DELETE FROM texts WHERE item IN (SELECT number FROM going)",
    "UPDATE register SET items = items - (SELECT count(*) FROM going)",
    "DELETE FROM items WHERE number IN (SELECT number FROM going)",
)
