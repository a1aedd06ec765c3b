"""What a newcomer sees while there is no store: the first commands to type."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from tui.formatting import Safe, content, lines, safe

STEPS = (
    ("earwitness demo", "see it work: six journeys on a scratch workstation"),
    ("earwitness doctor", "what this machine can and cannot see, and the mend"),
    ("earwitness register PATH --programme P --recipient R", "say what was issued to whom"),
    ("earwitness watch --folder removable:PATH --interface NAME", "start the monitors"),
)


class Welcome(Static):
    """Leads from nothing to the first alert; replaced by the queue as soon as a store appears."""

    DEFAULT_CSS = """
    Welcome { height: 1fr; padding: 1 3; align-vertical: middle; }
    """

    def __init__(self, store: object, *, id: str) -> None:
        super().__init__(id=id)
        self._store = safe(store)

    def render(self) -> Content:
        """Draw the steps."""
        rows = [
            content((Safe("There is no evidence store here yet."), "bold")),
            content((self._store, "$quiet")),
            content(Safe(" ")),
            content(Safe("In another terminal:")),
            content(Safe(" ")),
        ]
        for command, meaning in STEPS:
            rows += [content((Safe(command), "bold $accent")), content((Safe(f"    {meaning}"), "$quiet"))]
        rows += [content(Safe(" ")), content(Safe("This screen shows the queue as soon as the first of them has run."))]
        return lines(rows)
