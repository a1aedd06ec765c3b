"""Which values what fits has, by field and how often; one that is chosen narrows the query."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from forensics.store.overview import Overview
from tui.formatting import Safe, fit, safe
from tui.widgets.row_list import Cell, RowList

MOST_VALUES = 8
BAR = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """A value of a field and how many have it; the field alone where `value` is empty. `share` is of the largest."""

    id: int
    field: str
    value: str = ""
    count: int = 0
    share: float = 0.0


class FacetColumns:
    """The value, how many have it, and a bar; the title says of how many these are."""

    title = Safe("WHICH OF THEM")

    def head(self, width: int) -> Sequence[Cell]:
        """Of how many these are; each field is its own title."""
        return [(fit(self.title, width), "head")]

    def cells(self, row: Facet, width: int) -> Sequence[Cell]:
        """One value, or the title of a field."""
        if not row.value:
            return [(fit(Safe(row.field), width), "strong")]
        count, bar = Safe(f"{row.count:>7,} "), Safe(("▪" * max(1, round(row.share * BAR))).ljust(BAR))
        value = fit(Safe(f"  {safe(row.value)}"), max(4, width - len(count) - BAR))
        return [(value, "text"), (count, "quiet"), (bar, "low")]


class Facets(RowList[Facet]):
    """A list that is put beside the hits."""

    def __init__(self, *, id: str, monotonic: Callable[[], float]) -> None:
        self._columns = FacetColumns()
        super().__init__(self._columns, id=id, empty=Safe("nothing to tell apart"), monotonic=monotonic)

    def show(self, found: Overview) -> None:
        """Show these counts; the cursor stays where it was as far as it can."""
        place = self.window.cursor
        of = "WHICH OF THEM" if found.is_whole else f"WHICH OF THE NEWEST {found.count:,}, IN HALF A SECOND"
        self._columns.title = Safe(of)
        self.window.rows = [*_rows(found)]
        self.window.cursor = max(0, min(place, len(self.window.rows) - 1))
        self.sync()


def _rows(found: Overview) -> Iterator[Facet]:
    number = 0
    for field, counts in found.facets.items():
        common = counts.most_common(MOST_VALUES)
        if not common:
            continue
        number += 1
        yield Facet(id=number, field=field)
        for value, count in common:
            number += 1
            yield Facet(id=number, field=field, value=value, count=count, share=count / common[0][1])
