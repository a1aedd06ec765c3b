"""What tells the sensor that a path is worth a look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Hint(NamedTuple):
    """A path worth a look. `kind`: created, closed, moved (to `target`), deleted, folder (appeared at `target`).

    Where something moved from may be unknown: then `path` is empty.
    """

    kind: str
    path: str
    target: str


_FOLLOWED = ("created", "closed")


def needed(hints: Sequence[Hint]) -> list[Hint]:
    """Hints in order, without those that a later one of the same file makes needless.

    What was created and closed, or closed and moved away, needs one look, not two. After all else that happened to a
    path in between, both stay.
    """
    then: dict[str, str] = {}
    kept: list[Hint] = []
    for hint in reversed(hints):
        kind, path, target = hint
        if kind in _FOLLOWED and then.get(path) in ("closed", "moved"):
            continue
        kept.append(hint)
        if kind == "folder":
            then.clear()
            continue
        then[path] = kind
        if target:
            then[target] = "replaced"
    kept.reverse()
    return kept
