"""The first line: the program, where one is, and as whom."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from tui.formatting import Piece, Safe, content, crop, safe, width
from tui.role import Role

PLACES = {
    "queue": Safe("1 Queue"),
    "detail": Safe("2 Detail"),
    "search": Safe("3 Search"),
    "timeline": Safe("4 Timeline"),
    "rules": Safe("5 Rules"),
    "sensors": Safe("6 Sensors"),
    "custody": Safe("7 Custody"),
    "cases": Safe("8 Cases"),
}


ROOM = 22
"""Columns of the program's name and of a short name of who sits here."""


class TopBar(Static):
    """Names the modes with their keys; the present one is reversed, so that it shows without colour too."""

    DEFAULT_CSS = "TopBar { height: 1; background: $panel; color: $foreground; }"

    def __init__(self, place: str, role: Role) -> None:
        super().__init__()
        self._place = place
        self._role = role

    def render(self) -> Content:
        """Draw the line for the present width."""
        pieces: list[Piece] = [(Safe(" earwitness "), "bold $accent"), Safe(" ")]
        words = " observer, read-only" if self._role.is_observer else " read-only" if self._role.is_read_only else ""
        role = Safe(words)
        is_narrow = sum(width(title) + 3 for title in PLACES.values()) + ROOM + width(role) > self.size.width
        for place, spelt in PLACES.items():
            title = Safe(spelt[:1]) if is_narrow and place != self._place else spelt
            pieces.append((Safe(f" {title} "), "bold reverse" if place == self._place else "$quiet"))
            pieces.append(Safe(" "))
        left = content(*pieces)
        name = crop(safe(self._role.actor), max(0, self.size.width - left.cell_length - width(role) - 2))
        gap = self.size.width - left.cell_length - width(name) - width(role) - 1
        return content(left, Safe(" " * max(0, gap)), (name, "$foreground"), (role, "$warning"), Safe(" "))
