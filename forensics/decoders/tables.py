"""Opens CSV and TSV: clip lists with transcripts and candidates by their shape, anything else as text."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, TranslationDecoder
from forensics.errors import LimitReached
from forensics.formats.table_rows import MAX_COLUMNS, Table, is_too_wide, read_table
from forensics.formats.text_encoding import decode_text
from forensics.formats.text_parts import limited_view
from forensics.formats.unit_shapes import Shape, asides, shape_of, to_units
from forensics.model import Artifact, Part, Unit

_WIDE_CHARACTERS = 1 << 20


class Tables(TranslationDecoder):
    """Separated text; the columns are known by what repeats in them."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type in ("text/csv", "text/tab-separated-values")

    def units(self, artifact: Artifact, budget: Budget) -> Iterator[Unit]:
        """Yield one unit a row."""
        text = _text(artifact, budget)
        table, shape = _shaped(text)
        if table is not None and shape.has_units():
            yield from to_units(table.records(), shape, "")
        _check_size(artifact, budget)

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the views of the units and the other cells; without units the whole text."""
        text = _text(artifact, budget)
        table, shape = _shaped(text)
        if table is None or not shape.has_units():
            yield from limited_view("body", iter((text,)), "body", budget.limits.text_mib << 20)
            _check_size(artifact, budget)
            if is_too_wide(text[:_WIDE_CHARACTERS].splitlines()):
                raise LimitReached(f"a table of more than {MAX_COLUMNS} columns is read as text only")
            return
        yield from limited_view("metadata", asides(table.records(), shape), "metadata", budget.limits.text_mib << 20)
        yield from super().decode(artifact, budget)


def _text(artifact: Artifact, budget: Budget) -> str:
    return decode_text(artifact.content.pread(budget.limits.text_mib << 20, 0)) or ""


def _check_size(artifact: Artifact, budget: Budget) -> None:
    if artifact.content.size > budget.limits.text_mib << 20:
        raise LimitReached(f"more than {budget.limits.text_mib} MiB of text")


def _shaped(text: str) -> tuple[Table | None, Shape]:
    table = read_table(text)
    return (None, Shape()) if table is None else (table, shape_of(table.records()))
