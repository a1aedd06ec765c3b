"""The command palette: every action that works where one is, by its words, with its key."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from tui.actions import Action

if TYPE_CHECKING:
    from tui.app import TuiApp

LEFT_OUT = frozenset({"palette", "back"})


class Palette(Provider):
    """Finds actions of the screen below, of what has the focus there, and of the program."""

    async def discover(self) -> Hits:
        """All of them, in the order of the table."""
        for action in self._there():
            yield DiscoveryHit(_words(action), partial(self._take, action), text=_words(action), help=None)

    async def search(self, query: str) -> Hits:
        """Those whose words fit what was typed."""
        matcher = self.matcher(query)
        for action in self._there():
            score = matcher.match(_words(action))
            if score > 0:
                words = matcher.highlight(_words(action))
                yield Hit(score, words, partial(self._take, action), text=_words(action))

    def _there(self) -> Iterator[Action]:
        app = cast("TuiApp", self.app)
        targets = (*getattr(self.screen, "TARGETS", ()), "app")
        for target in targets:
            for action in app.desk.keys.of(target):
                if action.id not in LEFT_OUT and not (action.is_write and app.desk.role.is_read_only):
                    yield action

    async def _take(self, action: Action) -> None:
        name = action.method.partition("(")[0]
        places = (self.screen, self.screen.focused, self.app)
        place = next((each for each in places if each is not None and hasattr(each, f"action_{name}")), self.app)
        await self.app.run_action(action.method, place)


def _words(action: Action) -> str:
    return f"{action.help}  ({action.key_names})"
