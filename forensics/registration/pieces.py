"""Files that were read, flattened into one tree: a member of an archive stands where a file of a folder would."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from forensics.errors import Malformed
from forensics.fingerprints.image.prints import Print
from forensics.model import OutcomeKind, Unit
from forensics.registration.sources import File, storable
from forensics.worker.reading import Sound
from forensics.worker.stated import Stated
from forensics.workers import Result

Place = tuple[str, ...]
_SEPARATORS = re.compile(r"[/\\]+")
_FOLDER_LIKE = re.compile(
    r"application/(?:zip|gzip|zstd|vnd\.rar|vnd\.ms-cab|x-(?:tar|7z|xz|bzip|cpio|iso|lz|rar|gtar).*)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One artifact of what is registered. `is_member` is False for parts of documents and media, which are nobody's
    own: style sheets, covers. `problem` says what of it could not be read, `stated` what it says of its own issue."""

    place: Place
    media_type: str
    size: int
    sha256: str
    crc32: int = 0
    is_member: bool = True
    sound: Sound | None = None
    picture: bytes | None = None
    """The print of a picture; empty for one that is too flat or small."""
    units: Sequence[Unit] = ()
    packages: tuple[str, ...] = ()
    problem: str = ""
    stated: Stated = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.place[-1]

    @property
    def stem(self) -> str:
        """The file's own name without its extension."""
        return stem_of(self.name)

    @property
    def folder(self) -> Place:
        """Where it lies; an archive counts as a folder."""
        return self.place[:-1]

    @property
    def is_media(self) -> bool:
        """Say whether it is a recording or claims to be one."""
        return self.sound is not None or self.media_type.startswith(("audio/", "video/"))

    @property
    def is_mute(self) -> bool:
        """Say whether it is named or typed like a recording, but no sound came of it."""
        guess = mimetypes.guess_type(self.name)[0] or ""
        return self.is_member and self.sound is None and (self.is_media or guess.startswith("audio/"))


def stem_of(name: str) -> str:
    """A file name without its extension; never empty."""
    return name.rpartition(".")[0] or name


def steps_of(path: str) -> Place:
    """The steps of a path as any system writes it, without those that go nowhere or up."""
    return tuple(step for step in _SEPARATORS.split(storable(path)) if step not in ("", ".", ".."))


def pieces_of(file: File, result: Result) -> list[Piece]:
    """The artifacts of one file that was read, outermost first."""
    artifacts = {artifact.number: artifact for artifact in result.analysis.artifacts}
    start = tuple(storable(step) for step in file.below[:-1])
    found = []
    for artifact in artifacts.values():
        outcome = result.analysis.outcome_of(artifact.number)
        steps = tuple(step for name in artifact.path for step in (steps_of(name) or ("unnamed",)))
        parent = artifacts.get(artifact.parent) if artifact.parent is not None else None
        found.append(
            Piece(
                place=start + steps,
                media_type=artifact.media_type,
                size=artifact.content.size,
                sha256=artifact.content.sha256 if artifact.content.size else "",
                crc32=result.reading.checksums.get(artifact.number, 0),
                is_member=parent is None or _FOLDER_LIKE.fullmatch(parent.media_type) is not None,
                sound=result.reading.sounds.get(artifact.number),
                picture=_print(result.reading.pictures.get(artifact.number)),
                units=result.reading.units.get(artifact.number, ()),
                packages=artifact.packages,
                stated=result.reading.stated.get(artifact.number, {}),
                problem="" if outcome.kind is OutcomeKind.CLEAN else f"{outcome.kind.value}: {outcome.reason}",
            )
        )
    return found


def _print(data: bytes | None) -> bytes | None:
    """A print as the worker gave it; that it is one is seen to here, since what the worker read was hostile."""
    if data:
        try:
            Print.unpack(data)
        except Malformed:
            return None
    return data
