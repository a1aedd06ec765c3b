"""The line of keys that work here, read from the action table."""

from __future__ import annotations

from textual.content import Content

from tui.actions import Action
from tui.formatting import Piece, Safe, content, width
from tui.keymap import Keymap
from tui.role import Role
from tui.widgets.clicking import KeyBar, clicked


class HintBar(KeyBar):
    """As many key hints as fit; help and quit are always among them."""

    DEFAULT_CSS = "HintBar { height: 1; color: $quiet; padding: 0 1; }"

    def __init__(self, *targets: str, keys: Keymap, role: Role) -> None:
        super().__init__()
        self._keys = keys
        self._role = role
        self.turn_to(*targets)
        is_home = "queue" in targets
        self._always = [action for action in keys.of("app") if action.hint and not (is_home and action.id == "back")]

    def turn_to(self, *targets: str) -> None:
        """Hint at the keys of these targets."""
        self._own = [action for target in targets for action in self._keys.of(target) if action.hint]
        self.refresh()

    def render(self) -> Content:
        """Draw the line for the present width."""
        always = [self._hint(action) for action in self._always]
        room = self.size.width - sum(hint.cell_length for hint in always)
        shown: list[Piece] = []
        for action in self._own:
            if action.is_write and self._role.is_read_only:
                continue
            hint = self._hint(action)
            room -= hint.cell_length
            if room < 0:
                break
            shown.append(hint)
        return content(*shown, *always)

    @staticmethod
    def _hint(action: Action) -> Content:
        key, word = Safe(action.key_names), Safe(f" {action.hint}  ")
        return clicked(content((key, "bold $foreground"), word) if width(key) else content(word), action)
