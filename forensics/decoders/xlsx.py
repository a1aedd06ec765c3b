"""Opens Excel workbooks: sheets as tables (clip lists become units), comments, properties, embedded media."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from forensics.content import Content
from forensics.decoders.base import Budget, TranslationDecoder, reach_of
from forensics.errors import Encrypted, LimitReached, Malformed
from forensics.formats.office_package import Layout, office_parts, pattern
from forensics.formats.sheet_rows import Workbook
from forensics.formats.spelled_content import content_parts
from forensics.formats.table_rows import table_of
from forensics.formats.text_parts import limited_view
from forensics.formats.unit_shapes import Shape, asides, shape_of, to_units
from forensics.model import Artifact, Part, Unit

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHEETS = pattern(r"^xl/(?:sharedStrings\.xml|worksheets/[^/]+\.xml)$")
_LAYOUT = Layout(
    roles=(
        (pattern(r"^xl/(?:comments|threadedComments)[^.]*\.xml$|^xl/drawings/[^/]+\.xml$"), "note"),
        (pattern(r"^docProps/[^/]+\.xml$|^xl/persons/|^xl/workbook\.xml$"), "metadata"),
    ),
    texts=frozenset(),
    breaks=frozenset(("p", "comment", "text", "creator", "lastModifiedBy", "title", "subject", "property")),
    ignored=pattern(
        r"^\[Content_Types\]\.xml$|\.rels$|^xl/(?!sharedStrings)[^/]*\.(?:xml|bin)$|^xl/(?:theme|printerSettings|tables)/"
    ),
)


@dataclass(slots=True)
class _Opened:
    """The workbook and everything in the package that is no sheet."""

    workbook: Workbook
    others: list[Part] = field(default_factory=list)
    problem: Malformed | Encrypted | LimitReached | None = None


class Xlsx(TranslationDecoder):
    """Office Open XML workbooks (ECMA-376)."""

    def accepts(self, artifact: Artifact) -> bool:
        """The package's own folders say so."""
        return not artifact.is_view and artifact.media_type == _TYPE

    def units(self, artifact: Artifact, budget: Budget) -> Iterator[Unit]:
        """Yield one unit a row of every sheet that has their shape."""
        yield from _units(_open(artifact, budget).workbook)

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield units or, without any, the cells as text; then the rest of the package."""
        opened = _open(artifact, budget)
        if next(_units(opened.workbook), None) is not None:
            yield from super().decode(artifact, budget)
        limit = budget.limits.text_mib << 20
        for number, rows in enumerate(opened.workbook.sheets, 1):
            yield from _sheet(number, rows, limit)
        for number, rows in enumerate(opened.workbook.sheets, 1):
            cells = "\n".join("\t".join(row) for row in rows).encode("utf-8", "replace")
            yield from content_parts(f"sheet-{number}", iter((cells,)), budget.spool)
        yield from limited_view("headings", (f"{line}\n" for line in opened.workbook.headings), "metadata", limit)
        yield from opened.others
        if opened.problem is not None:
            raise opened.problem


def _sheet(number: int, rows: list[tuple[str, ...]], limit: int) -> Iterator[Part]:
    """A sheet of units shows what stands beside them, any other all its cells."""
    table = table_of(rows)
    shape = shape_of(table.records()) if table else Shape()
    if table is not None and shape.has_units():
        yield from limited_view(f"sheet-{number}", asides(table.records(), shape), "metadata", limit)
    else:
        yield from limited_view(f"sheet-{number}", ("\t".join(row) + "\n" for row in rows), "body", limit)


def _units(workbook: Workbook) -> Iterator[Unit]:
    for rows in workbook.sheets:
        table = table_of(rows)
        shape = shape_of(table.records()) if table else None
        if table is not None and shape is not None and shape.has_units():
            yield from to_units(table.records(), shape, "")


def _open(artifact: Artifact, budget: Budget) -> _Opened:
    reach = reach_of(budget)
    opened = _Opened(workbook=Workbook(limit_bytes=reach.text_bytes))
    sheets: dict[str, Content] = {}
    try:
        for part in office_parts(artifact.content, _LAYOUT, reach):
            if _SHEETS.search(part.name):
                sheets[part.name] = part.content
            else:
                opened.others.append(part)
    except (Malformed, Encrypted, LimitReached) as error:
        opened.problem = error
    try:
        opened.workbook.read(sheets, budget.check_time)
    except (Malformed, LimitReached) as error:
        opened.problem = error
    return opened
