"""Hints that can be clicked: a click on one is a press of its key."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from tui.actions import Action

KEY = "key"


def clicked(hint: Content, action: Action) -> Content:
    """The hint, which knows the key of its action."""
    return hint.stylize(Style.from_meta({KEY: action.keys.partition(",")[0]}))


class KeyBar(Static):
    """A line of such hints."""

    def on_click(self, event: events.Click) -> None:
        """Press the key of the hint under the pointer."""
        key = event.style.meta.get(KEY)
        if key:
            self.app.simulate_key(key)
