"""What tells the sensor that a path is worth a look."""

from __future__ import annotations

from typing import NamedTuple


class Hint(NamedTuple):
    """A path worth a look. `kind`: created, closed, moved (to `target`), deleted, folder (appeared at `target`).

    Where something moved from may be unknown: then `path` is empty.
    """

    kind: str
    path: str
    target: str
