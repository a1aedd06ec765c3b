"""The acoustic matches of one story, drawn to the present width."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.store.rows import ArtifactRow, MatchRow
from tui.formatting import Line, Safe, line
from tui.sections.sound import sounds
from tui.widgets.section import Section

UNHEARD = Safe("No registered clip was heard in this.")


class SoundChart(Section):
    """A section that is drawn, not wrapped: its strips are as long as there is room."""

    _matches: Sequence[MatchRow] = ()
    _artifacts: Sequence[ArtifactRow] = ()

    def draw(self, matches: Sequence[MatchRow], artifacts: Sequence[ArtifactRow]) -> None:
        """Draw these matches; where none was heard, that is said."""
        self._matches, self._artifacts = matches, artifacts
        self.tell(self.lines_at(self.content_size.width))

    def lines_at(self, columns: int) -> Sequence[Line]:
        """The drawings at this width."""
        return sounds(self._matches, self._artifacts, columns) or [line((UNHEARD, "$quiet"))]
