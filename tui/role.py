"""What whoever sits here may do: everything, or only look."""

from __future__ import annotations


class Role:
    """Begins as an operator's, or as an observer's for good. An operator may put the pen down for a while."""

    def __init__(self, actor: str, *, is_observer: bool = False) -> None:
        self.actor = actor
        self.is_observer = is_observer
        self._has_put_down = False

    @property
    def is_read_only(self) -> bool:
        """Say whether no decisions are taken just now."""
        return self.is_observer or self._has_put_down

    def toggle(self) -> bool:
        """Put the pen down, or take it up again; False for an observer, who has none."""
        if self.is_observer:
            return False
        self._has_put_down = not self._has_put_down
        return True
