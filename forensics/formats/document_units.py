"""Units of a document that is groups of records, and what stands beside them; whether it was JSON or XML."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from forensics.formats.json_records import Document
from forensics.formats.unit_shapes import asides, shape_of, to_units
from forensics.model import Unit


def units_of(document: Document, check_time: Callable[[], None]) -> Iterator[Unit]:
    """The units of every group whose records have their shape; `check_time` may raise between groups."""
    for group in document.groups:
        check_time()
        shape = shape_of(group.records)
        if shape.has_units(group.package):
            yield from to_units(group.records, shape, group.package)


def beside(document: Document) -> Iterator[str]:
    """Every other value as a `key: value` line."""
    for line in document.asides:
        yield f"{line}\n"
    for group in document.groups:
        yield from asides(group.records, shape_of(group.records))
