"""Reads the cells of somebody else's SQLite database: what tables store, nothing that a schema would compute.

Views, virtual tables and generated columns are left alone, functions are refused, indexes are not looked at. Cells that
are known content come by themselves; the other blobs of a column come joined, in the order of their rows, because
recorders and editors (Audacity's `sampleblocks`) spread one recording over many; texts come joined, table by table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from forensics.content import Spool
from forensics.database import DAMAGES, ImageConnection, open_image
from forensics.errors import LimitReached, Malformed
from forensics.formats.signatures import identify
from forensics.formats.text_encoding import looks_like_text
from forensics.model import Part

_LEAST_BLOB = 16
_LEAST_TEXT_BLOB = 350
_HEAD_BYTES = 8192
_MOST_OWN_PARTS = 5000
"""So many cells become parts of their own; what comes after them is joined as unknown blobs are."""
_LONG_TEXT = 350
_APART = b"\n\n. . .\n\n"
"""Stands between long texts, so that none of the ways to spell bytes goes on across it."""
_TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0"
_STORED = (0, 3)
"""Kinds of columns in `table_xinfo` that are stored: ordinary ones, and generated ones that are."""


@dataclass(slots=True)
class _Table:
    """What one table held so far."""

    name: str
    new_spool: Callable[[], Spool]
    text_limit: int
    texts: Spool = field(init=False)
    blobs: dict[str, Spool] = field(default_factory=dict)
    own: int = 0
    is_cut: bool = False

    def __post_init__(self) -> None:
        self.texts = self.new_spool()

    def add_row(self, columns: list[str], row: tuple[object, ...]) -> Iterator[Part]:
        """Take in a row; yield the cells that are known content."""
        for column, value in zip(columns, row, strict=True):
            if isinstance(value, bytes) and len(value) >= _LEAST_BLOB:
                yield from self._blob(column, value)
        self._text([value for value in row if isinstance(value, bytearray)])

    def _blob(self, column: str, value: bytes) -> Iterator[Part]:
        head = value[:_HEAD_BYTES]
        kind = identify(head)
        is_text = not kind and len(value) >= _LEAST_TEXT_BLOB and looks_like_text(head)
        if (kind or is_text) and self.own < _MOST_OWN_PARTS:
            self.own += 1
            spool = self.new_spool()
            spool.write(value)
            extension = kind.extension if kind else "txt"
            yield Part(name=f"{self.name}.{column}-{self.own}.{extension}", content=spool.close())
            return
        if column not in self.blobs:
            self.blobs[column] = self.new_spool()
        self.blobs[column].write(value)

    def _text(self, values: list[bytearray]) -> None:
        if not values or self.is_cut:
            return
        is_long = any(len(value) >= _LONG_TEXT for value in values)
        line = (_APART if is_long else b"\t").join(values) + (_APART if is_long else b"\n")
        self.is_cut = self.texts.size + len(line) > self.text_limit
        if not self.is_cut:
            self.texts.write(line)

    def rest(self) -> Iterator[Part]:
        """What was joined."""
        texts = self.texts.close()
        if texts.size:
            yield Part(name=f"{self.name}.txt", content=texts, media_type="text/plain")
        for column, spool in self.blobs.items():
            yield Part(name=f"{self.name}.{column}.bin", content=spool.close())


def read_cells(
    image: bytes, new_spool: Callable[[], Spool], check_time: Callable[[], None], text_limit: int
) -> Iterator[Part]:
    """Yield what the tables of a database image hold; raises Malformed at the end when some could not be read."""
    problems: list[str] = []
    with closing(open_image(image, check_time)) as connection:
        try:
            names = [name.decode("utf-8", "replace") for (name,) in connection.execute(_TABLES)]
        except DAMAGES as error:
            check_time()
            raise Malformed(f"the tables are not readable: {error}") from error
        cut = ""
        for name in names:
            table = _Table(name, new_spool, text_limit)
            try:
                yield from _rows(connection, table)
            except DAMAGES as error:
                check_time()
                problems.append(f"{name!r}: {error}")
            yield from table.rest()
            cut = name if table.is_cut else cut
    if problems:
        raise Malformed("; ".join(problems[:5]))
    if cut:
        raise LimitReached(f"more than {text_limit >> 20} MiB of text in {cut!r}")


def _rows(connection: ImageConnection, table: _Table) -> Iterator[Part]:
    stored = connection.execute(f"PRAGMA table_xinfo({_quoted(table.name)})").fetchall()
    columns = [column[1].decode("utf-8", "replace") for column in stored if column[6] in _STORED]
    if not columns:
        return
    wanted = ", ".join(map(_quoted, columns))
    for row in connection.execute(f"SELECT {wanted} FROM main.{_quoted(table.name)} NOT INDEXED"):  # noqa: S608
        yield from table.add_row(columns, row)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
