"""The private zones: what is never opened and whose names never become evidence."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Sequence
from pathlib import Path

_GLOB = re.compile(r"[*?\[]")


class Zones:
    """Folders and globs that are nobody's business but their owner's.

    A zone with a slash is a whole path, absolute or from `~`; without one it is a name at any place (`*.kdbx`). `*`
    crosses slashes. What lies below a zone belongs to it. Links on the way to a zone are resolved once, here.
    """

    def __init__(self, zones: Sequence[str] = ()) -> None:
        self.names = tuple(zones)
        patterns = [pattern for zone in zones for pattern in _patterns(zone)]
        self._pattern = re.compile("|".join(patterns)) if patterns else None

    def cover(self, path: str | Path) -> bool:
        """Say whether an absolute path lies in a zone; cheap, looks at no file."""
        return self._pattern is not None and self._pattern.match(str(path)) is not None


def _patterns(zone: str) -> set[str]:
    if "/" not in zone and not zone.startswith("~"):
        return {rf"(?s:.*/){_translate(zone)}(?s:/.*)?\Z"}
    whole = os.path.abspath(os.path.expanduser(zone))
    glob = _GLOB.search(whole)
    lead = whole[: whole.rindex("/", 0, glob.start()) + 1] if glob else whole
    real = os.path.realpath(lead).rstrip("/") + ("/" if glob else "") + whole[len(lead) :]
    return {rf"{_translate(each.rstrip('/'))}(?s:/.*)?\Z" for each in (whole, real)}


def _translate(glob: str) -> str:
    return fnmatch.translate(glob)[:-2]
