"""What readers ask the register, as SQL: `:now` is the reader's generation, what came later is not seen."""

from __future__ import annotations

from typing import Final

from forensics.database import Connection

_FIRST: Final = """(
    SELECT package FROM contents JOIN packages ON packages.id = package
    WHERE item = number AND contents.generation <= :now ORDER BY packages.rowid LIMIT 1
)"""
_ITEM: Final = f"SELECT id, kind, name, sha256, role, seconds, words, {_FIRST} AS package FROM items"  # noqa: S608 - our own words
_PACKAGE: Final = """
SELECT id, programme, packages.issued AS issued, group_concat(recipient, ', ' ORDER BY recipients.issued) AS recipient
FROM packages JOIN recipients ON recipients.package = packages.id
WHERE packages.generation <= :now AND recipients.generation <= :now
"""
ITEM: Final = f"{_ITEM} WHERE id = :value AND generation <= :now AND package IS NOT NULL"
DIGEST: Final = (
    f"{_ITEM} WHERE sha256 = :value AND sha256 <> '' AND generation <= :now AND package IS NOT NULL ORDER BY number"
)
OF_SIZE: Final = f"""{_ITEM} JOIN checksums ON checksums.item = number
WHERE size = :size AND (crc32 = :value OR :value IS NULL) AND generation <= :now AND package IS NOT NULL ORDER BY number
"""
HAS_CHECKSUMS: Final = "SELECT 1 FROM sqlite_schema WHERE name = 'checksums'"
PICTURES: Final = """
SELECT id, print FROM pictures CROSS JOIN items ON number = pictures.item WHERE generation <= :now ORDER BY number
"""
HAS_PICTURES: Final = "SELECT 1 FROM pictures LIMIT 1"
HAS_TABLE: Final = "SELECT 1 FROM sqlite_schema WHERE name = :value"
ITEMS_OF: Final = f"""{_ITEM} WHERE number IN (
    SELECT item FROM contents WHERE package = :value AND contents.generation <= :now
) AND generation <= :now ORDER BY number
"""  # noqa: S608 - our own words
PACKAGE: Final = f"{_PACKAGE} AND id = :value GROUP BY packages.id"
PACKAGES: Final = f"{_PACKAGE} GROUP BY packages.id ORDER BY packages.rowid"
PACKAGES_OF: Final = """
SELECT package FROM items JOIN contents ON item = number JOIN packages ON packages.id = package
WHERE items.id = :value AND items.generation <= :now AND contents.generation <= :now ORDER BY packages.rowid
"""
TEXTS: Final = f"""
SELECT id, words, {_FIRST} AS package, elements, bits, is_weak, shingles
FROM texts CROSS JOIN items ON number = texts.item
WHERE generation <= :now AND package IS NOT NULL ORDER BY texts.item
"""  # noqa: S608 - our own words
FRESH: Final = "SELECT number, id, codes FROM audio CROSS JOIN items ON items.number = audio.item ORDER BY audio.item"
"""CROSS makes SQLite begin with the few fresh clips, not with all items."""
REMOVED: Final = "SELECT item FROM removed ORDER BY item"


def segment_files(connection: Connection) -> list[str]:
    """The files of the acoustic index, in the order of their clips."""
    return [row["file"] for row in connection.execute("SELECT file FROM segments ORDER BY first")]
