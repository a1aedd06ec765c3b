"""What lineage is made of: sightings of registered content, and edges between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What became of content from one sighting to the next."""

    ISSUED = "issued"
    AGAIN = "seen again"
    RENAMED = "renamed"
    LINKED = "hard link"
    COPIED = "copied"
    SAVED = "saved"
    SENT = "sent"
    PACKED = "packed"
    UNPACKED = "unpacked"
    REPACKED = "repacked"
    CONVERTED = "converted"
    ALTERED = "altered"
    QUOTED = "quoted"


class Means(StrEnum):
    """By what a registered item was known."""

    BYTES = "bytes"
    MEMBER = "member"
    SOUND = "sound"
    LOOK = "look"
    WORDS = "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One artifact that bears something registered, or the observed content itself, which comes first."""

    name: str
    sha256: str
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A registered item of a package in a piece (its index); `doubt` is the probability that it is something else."""

    item: str
    package: str
    piece: int
    means: Means
    doubt: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Content at a place and time. `id` is that of its alert (A12) or observation (O5).

    `place` is a URI, `time` when the file was last changed or the object sent (Unix seconds). `file` names the file
    itself whatever it is called (device and inode), `opened` are places of earlier sightings that the process had open;
    all may be empty. A file that `is_found` was there when somebody looked: when it came there nobody saw.
    """

    id: str
    time: float
    channel: str
    place: str
    name: str
    is_leaving: bool
    is_wire: bool
    is_inferred: bool = False
    user: str = ""
    process: str = ""
    file: str = ""
    was_renamed: bool = False
    is_found: bool = False
    opened: tuple[str, ...] = ()
    pieces: tuple[Piece, ...] = ()
    traces: tuple[Trace, ...] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 of all of it."""
        return self.pieces[0].sha256 if self.pieces else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What the sighting `derived` has of `origin`, and why we think so.

    `origin` is a sighting's id, or `package:` and the package that was issued, or `item:` and an item of none.
    `confidence` is a probability.
    """

    origin: str
    derived: str
    kind: Kind
    evidence: str
    confidence: float
    items: tuple[str, ...]
