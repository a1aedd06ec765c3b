"""The first line: the program, where one is, and as whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from textual.content import Content

from tui.actions import Action
from tui.formatting import EMPTY, Piece, Safe, content, crop, safe, width
from tui.keymap import Keymap
from tui.role import Role
from tui.widgets.clicking import KeyBar, clicked

PLACES = {
    "queue": Safe("Queue"),
    "detail": Safe("Detail"),
    "search": Safe("Search"),
    "timeline": Safe("Timeline"),
    "rules": Safe("Rules"),
    "sensors": Safe("Sensors"),
    "custody": Safe("Custody"),
    "cases": Safe("Cases"),
}
DETAIL = Action(id="", targets=(), method="", keys="2", help="")
"""No mode of its own: what the cursor of a list is on."""
PROGRAM = Safe(" earwitness ")
LEAST_NAME = 5
"""Columns that are kept for who sits here; a shorter name needs fewer."""


class TopBar(KeyBar):
    """Names the modes with their keys; the present one is reversed, so that it shows without colour too.

    Where there is no room the name of the program goes first, then the names of the other modes.
    """

    DEFAULT_CSS = "TopBar { height: 1; background: $panel; color: $foreground; }"

    def __init__(self, place: str, role: Role, keys: Keymap) -> None:
        super().__init__()
        self._place = place
        self._role = role
        self._keys = {each: DETAIL if each == "detail" else keys.find(f"mode-{each}") for each in PLACES}

    def render(self) -> Content:
        """Draw the line for the present width."""
        actor = safe(self._role.actor)
        words = " observer, read-only" if self._role.is_observer else " read-only" if self._role.is_read_only else ""
        role, room = Safe(words), self.size.width
        needed = 2 + min(width(actor), LEAST_NAME) + len(words)
        left = next((one for one in self._forms() if one.cell_length + needed <= room), self._narrow())
        name = crop(actor, max(0, room - left.cell_length - len(words) - 2))
        gap = room - left.cell_length - width(name) - len(words) - 1
        return content(left, Safe(" " * max(0, gap)), (name, "$foreground"), (role, "$warning"), Safe(" "))

    def _forms(self) -> Iterator[Content]:
        """The modes, the roomiest form first."""
        program: Piece = (PROGRAM, "bold $accent")
        yield content(program, self._modes(PLACES, pad=" "))
        yield self._modes(PLACES)
        yield content(program, self._narrow())

    def _narrow(self) -> Content:
        """Digits, and the name of the mode where one is."""
        return self._modes({place: name if place == self._place else EMPTY for place, name in PLACES.items()})

    def _modes(self, names: Mapping[str, Safe], pad: str = "") -> Content:
        pieces: list[Piece] = []
        for place, name in names.items():
            action = self._keys[place]
            title = f"{action.key_names} {name}" if name else action.key_names
            style = "bold reverse" if place == self._place else "$quiet"
            pieces += [Safe(" "), clicked(content((Safe(f"{pad}{title}{pad}"), style)), action)]
        return content(*pieces)
