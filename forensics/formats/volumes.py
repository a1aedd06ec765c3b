"""Archives that were split into volumes: which names are parts of one set, and in which order.

Joined are those whose bytes need only be put one after the other: pieces numbered from `.001` on (7-Zip, HJSplit,
`split -d`), and the volumes of a split zip, `.z01`, `.z02` and so on before the `.zip` (APPNOTE.TXT, 8.3). Volumes of
RAR have headers of their own and are not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from forensics.content import Content
from forensics.formats.zip_directory import volumes_of

_PIECE = re.compile(r"(?P<whole>.+\.\w{1,5})\.(?P<number>\d{3})", re.DOTALL)
_ZIP_VOLUME = re.compile(r"(?P<stem>.+)\.z(?P<number>\d\d)", re.DOTALL | re.I)
_NAMED = re.compile(r"\.(?:7z|zip|rar|tar|gz|tgz|bz2|xz|zst|cab|iso)\.\d{2,3}$|\.[zr]\d\d$|\.part\d+\.rar$", re.I)
_LAST = 1 << 30
"""The place of the `.zip` of a split zip: after all others."""


@dataclass(frozen=True, slots=True)
class VolumeSet:
    """All volumes of one archive. `name` is what it was called before it was split; `parts` are in order."""

    name: str
    parts: tuple[str, ...]

    @property
    def title(self) -> str:
        """What the joined archive is called; the end is that of its name, since formats are also told by it."""
        return f"{len(self.parts)} volumes of {self.name}"


def is_volume(name: str) -> bool:
    """Say whether a name is one that archivers give to volumes."""
    return _NAMED.search(name) is not None


def is_joinable(name: str, content: Content) -> bool:
    """Say whether it could be part of a set that can be joined, by its name and, of a zip, by what it says itself."""
    place = _place(name)
    return place is not None and (place[1] != _LAST or volumes_of(content) > 1)


def is_first(name: str) -> bool:
    """Say whether it is the first volume of a set that can be joined."""
    place = _place(name)
    return place is not None and place[1] == 1


def whole_sets(sizes: Mapping[str, int]) -> Iterator[VolumeSet]:
    """The sets of which no volume is missing, as far as names and sizes in bytes tell.

    They are numbered from 1 on without a gap; all are of one size but the last, which is not larger.
    """
    sets: dict[str, dict[int, str]] = defaultdict(dict)
    for name in sizes:
        if (place := _place(name)) is not None:
            sets[place[0]].setdefault(place[1], name)
    for whole, parts in sets.items():
        names = [parts[number] for number in sorted(parts)]
        numbers = sorted(number for number in parts if number != _LAST)
        is_zip = any(_ZIP_VOLUME.fullmatch(name) for name in names)
        if len(names) < 2 or numbers != list(range(1, len(numbers) + 1)) or is_zip != (_LAST in parts):
            continue
        first = sizes[names[0]]
        if is_zip or (all(sizes[name] == first for name in names[:-1]) and 0 < sizes[names[-1]] <= first):
            yield VolumeSet(whole, tuple(names))


def _place(name: str) -> tuple[str, int] | None:
    """The name of the whole and the number in it; zip's own way of splitting has a set for itself."""
    if found := _PIECE.fullmatch(name):
        return found["whole"], int(found["number"])
    if found := _ZIP_VOLUME.fullmatch(name):
        return f"{found['stem']}.zip", int(found["number"])
    return (f"{name[:-4]}.zip", _LAST) if name.lower().endswith(".zip") else None
