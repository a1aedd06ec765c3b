"""Why there is an alert, with one of its hits marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forensics.rulebook.quoting import Quote
from forensics.store.rows import ArtifactRow, MatchRow
from tui.formatting import Safe
from tui.sections.why import Reasons, reasons
from tui.widgets.drawing import Drawing


class WhyDrawing(Drawing):
    """Every match, the rule beside what it hit; `step` marks the next hit."""

    def __init__(self, title: Safe, *, id: str) -> None:
        super().__init__(title, id=id)
        self._about: tuple[str, Sequence[MatchRow], Sequence[ArtifactRow], Mapping[str, Quote]] = ("", (), (), {})
        self._chosen = -1

    def explain(
        self, name: str, matches: Sequence[MatchRow], artifacts: Sequence[ArtifactRow], rules: Mapping[str, Quote]
    ) -> None:
        """Show the matches of the evidence of that name; of another, no hit is marked any more."""
        if name != self._about[0]:
            self._chosen = -1
        self._about = (name, matches, artifacts, rules)
        self._redraw()

    def step(self, steps: int) -> bool:
        """Mark the next or the last hit, round and round; False when there is none."""
        count = len(self._reasons(self.content_size.width).hits)
        if count:
            begin = -1 if steps > 0 else 0
            self._chosen = ((begin if self._chosen < 0 else self._chosen) + steps) % count
            self._redraw()
        return count > 0

    def marked_row(self) -> int:
        """The row of the marked hit, 0 where none is."""
        hits = self._reasons(self.content_size.width).hits
        return self.row_of(hits[self._chosen]) if 0 <= self._chosen < len(hits) else 0

    def _redraw(self) -> None:
        self.draw(lambda columns: self._reasons(columns).lines, (self._about, self._chosen))

    def _reasons(self, columns: int) -> Reasons:
        _, matches, artifacts, rules = self._about
        return reasons(matches, artifacts, rules=rules, columns=columns, chosen=self._chosen)
