"""Who was issued what, for questions by recipient and programme: the register beside the store, read-only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from forensics.database import Connection
from forensics.store.access import FAILURES, fetch_all
from forensics.store.grammar import QueryError, parse, terms_of
from forensics.store.rows import Issue
from forensics.store.tags import tag
from forensics.store.terms import Known, Packages
from forensics.store.texts import restored, stored

FILE_NAME = "register.sqlite"
_COLUMNS = {"recipient": ("recipients", "recipient", "package"), "programme": ("packages", "programme", "id")}


def attach(connection: Connection, folder: Path) -> None:
    """Attach the register in `folder` as `register`; a missing or damaged one is left out."""
    path = folder / FILE_NAME
    if not path.is_file():
        return
    try:
        connection.execute("ATTACH ? AS register", [f"file:{quote(str(path.resolve()))}?mode=ro"])
        connection.execute(
            "SELECT p.id, p.programme, r.recipient FROM register.packages p, register.recipients r LIMIT 0"
        )
    except FAILURES:
        if _is_attached(connection):
            connection.execute("DETACH register")


def known(connection: Connection) -> Known:
    """What words of a query stand for: packages, where there is a register, and people."""

    def person(name: str) -> str:
        return restored(fetch_all(connection, "SELECT pseudonym(?)", [stored(name)])[0][0])

    def met(name: str) -> str:
        instead = person(name)
        sql = "SELECT 1 FROM evidence_fts WHERE evidence_fts MATCH ? LIMIT 1"
        return instead if instead != name and fetch_all(connection, sql, [f'"{tag("user", instead)}"']) else name

    return Known(packages=_packages(connection), person=person, met=met)


def names_asked(connection: Connection, query: str) -> tuple[str, ...]:
    """The pseudonyms of those of whom there is evidence and whom a query names clearly; none of one that is malformed.

    Raises StoreError.
    """
    met = known(connection).met
    try:
        terms = [term for term in terms_of(parse(query)) if term.field in ("", "user", "path", "name")]
    except QueryError:
        return ()
    found = {term.value.strip("~"): met(term.value.strip("~")) for term in terms}
    return tuple(sorted({instead for name, instead in found.items() if instead != name}))


def _packages(connection: Connection) -> Packages | None:
    """A function from a recipient or programme (or its beginning) to package ids; None without a register."""
    if not _is_attached(connection):
        return None

    def find(field: str, value: str, is_prefix: bool) -> Sequence[str]:
        table, column, id = _COLUMNS[field]
        pattern = stored(value).replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + (
            "%" if is_prefix else ""
        )
        sql = rf"SELECT {id} FROM register.{table} WHERE {column} LIKE ? ESCAPE '\'"
        if column == "recipient" and not is_prefix:
            name = stored(value)
            sql += f" OR {column} = pseudonym(?) OR pseudonym({column}) = ?"
            rows = fetch_all(connection, f"{sql} LIMIT 1000", [pattern, name, name])
        else:
            rows = fetch_all(connection, f"{sql} LIMIT 1000", [pattern])
        return [str(row[0]) for row in rows]

    return find


def issues(connection: Connection, packages: Mapping[str, str]) -> tuple[Issue, ...]:
    """Each package, given with its programme, and the recipients the register names for it."""
    is_attached = _is_attached(connection)
    found = []
    for package, programme in packages.items():
        sql = "SELECT pseudonym(recipient) FROM register.recipients WHERE package = ? ORDER BY issued LIMIT 100"
        rows = fetch_all(connection, sql, [stored(package)]) if is_attached else []
        recipients = tuple(restored(row[0]) for row in rows)
        found.append(Issue(package=package, programme=programme, recipients=recipients))
    return tuple(found)


def _is_attached(connection: Connection) -> bool:
    return any(row["name"] == "register" for row in fetch_all(connection, "PRAGMA database_list"))
