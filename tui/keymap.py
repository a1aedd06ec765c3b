"""The keys as they are here: those of the action table, some moved by the settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from forensics.errors import ConfigError
from tui import actions
from tui.actions import Action

TOGETHER = dict.fromkeys(("queue", "incident", "search", "timeline", "custody", "rules", "cases", "case"), "list")
"""Places in which the keys of a list work too."""


class Keymap:
    """Which keys take which action. `moved` maps ids of actions to keys, several with commas between."""

    def __init__(self, moved: Mapping[str, str] | None = None) -> None:
        """Raises ConfigError for an id that is none, and for a key that would mean two things in one place."""
        self.moved = dict(moved or {})
        known = {action.id for action in actions.ACTIONS}
        for id, keys in self.moved.items():
            if id not in known:
                raise ConfigError(f"tui.keys: no action {id!r}; there are {', '.join(sorted(known))}")
            if not all(key.strip() for key in keys.split(",")):
                raise ConfigError(f"tui.keys.{id}: no key; keys are such as x, X, ctrl+x, f5, with commas between")
        self._check()

    def of(self, target: str) -> Iterator[Action]:
        """The actions of a target with their keys, in the order of the table."""
        return (self._moved(action) for action in actions.of(target))

    def find(self, id: str) -> Action:
        """The action of that id with its keys."""
        return next(self._moved(action) for action in actions.ACTIONS if action.id == id)

    def _moved(self, action: Action) -> Action:
        keys = self.moved.get(action.id)
        return action if keys is None else dataclasses.replace(action, keys=keys, shown="")

    def _check(self) -> None:
        for target in actions.TITLES:
            taken: dict[str, str] = {}
            for place in dict.fromkeys((target, TOGETHER.get(target, target), "app")):
                for action in self.of(place):
                    for key in action.keys.split(","):
                        other = taken.setdefault(key.strip(), action.id)
                        if other != action.id:
                            raise ConfigError(
                                f"tui.keys: {key} would mean both {other} and {action.id} in the {target}"
                            )
