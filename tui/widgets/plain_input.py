"""An input line for which pasted control and bidi characters are text too."""

from __future__ import annotations

from textual.widgets import Input

from tui.formatting import Safe, safe


class PlainInput(Input):
    """What is pasted may come from a hostile name; it is shown, and searched for, as visible code points."""

    def validate_value(self, value: str) -> Safe:
        """Pass the value through the door for untrusted strings."""
        return safe(value, limit=2000)
