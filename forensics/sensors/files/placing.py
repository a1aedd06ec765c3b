"""Which root a path belongs to, remembered by folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from forensics.sensors.files.roots import Root

_MOST_PLACES = 10_000


class _Place(NamedTuple):
    root: Root | None
    is_left_out: bool


class Places:
    """Finds roots by path. `roots` may change; what was remembered is forgotten by the next `refresh` then."""

    def __init__(self, roots: Sequence[Root]) -> None:
        self._roots = roots
        self._stood: list[Root] = []
        self._layout: list[tuple[int, str, tuple[str, ...]]] = []
        self._places: dict[str, _Place] = {}

    def refresh(self) -> None:
        """Once for many paths: see whether roots are still what they were."""
        layout = [(id(root), root.real, root.ignore.inner) for root in self._roots]
        if layout != self._layout or len(self._places) > _MOST_PLACES:
            self._stood, self._layout = list(self._roots), layout
            self._places.clear()

    def holding(self, path: str) -> Root | None:
        """The innermost root that a path lies below, whether it is left out of it or not."""
        return self._place(path.rpartition("/")[0]).root

    def root(self, path: str) -> Root | None:
        """The same; None when the path is left out."""
        folder, _, name = path.rpartition("/")
        root, is_left_out = self._place(folder)
        return None if root is None or is_left_out or root.ignore.matches_entry(root.real, name, path) else root

    def _place(self, folder: str) -> _Place:
        place = self._places.get(folder)
        if place is None:
            inside = [root for root in self._roots if root.holds(f"{folder}/")]
            root = max(inside, key=lambda root: len(root.real), default=None)
            is_left_out = root is not None and folder != root.real and root.ignore.matches(root.real, folder)
            place = self._places[folder] = _Place(root, is_left_out)
        return place
