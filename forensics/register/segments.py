"""The folder beside the register with the segments of the acoustic index: written once, mapped by every reader."""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import re
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from forensics.errors import Malformed, StoreError
from forensics.fingerprints.audio import segment_layout
from forensics.fingerprints.audio.segment import Segment

_NAME: Final = re.compile(r"[0-9]+-[0-9a-f]+\.seg")
_UNFINISHED: Final = ".part"


class SegmentFolder:
    """Segment files by name. A file is whole under its name or not there; what no register lists is swept away."""

    def __init__(self, register: Path) -> None:
        self.path = register.with_suffix(".audio")

    def open(self, name: str) -> Segment:
        """Map a segment. Raises FileNotFoundError, or StoreError for a file that is none or is damaged."""
        buffer = self._mapped(name)
        try:
            return segment_layout.read(buffer)
        except Malformed as error:
            raise self._damaged(name, error) from error

    def open_verified(self, name: str) -> Segment:
        """Like `open`, after reading every byte and comparing it with the checksum."""
        segment = self.open(name)
        try:
            segment_layout.verify(self._mapped(name))
        except Malformed as error:
            raise self._damaged(name, error) from error
        return segment

    def write(self, segment: Segment, *, generation: int) -> str:
        """Write a segment so that it survives a power cut once this returns; returns its name. Raises OSError."""
        self._make()
        name = f"{generation}-{secrets.token_hex(6)}.seg"
        unfinished = self.path / (name + _UNFINISHED)
        try:
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with open(descriptor, "wb", buffering=1 << 20) as file:
                for piece in segment_layout.pack(segment):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            os.rename(unfinished, self.path / name)
            self._sync()
        except BaseException:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            raise
        return name

    def remove(self, names: Collection[str]) -> None:
        """Remove files that are no longer listed; who has mapped one keeps it."""
        for name in names:
            with contextlib.suppress(OSError):
                (self.path / name).unlink()

    def sweep(self, listed: Collection[str]) -> None:
        """Remove what a killed process left behind. Only while `claimed`."""
        with contextlib.suppress(OSError):
            self.remove([name for name in os.listdir(self.path) if name not in listed and _is_ours(name)])

    @contextmanager
    def claimed(self) -> Iterator[bool]:
        """Claim the folder for writing segments; gives False when another process has it. Never waits."""
        try:
            self._make()
            descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            yield False
            return
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True
        finally:
            os.close(descriptor)

    def missing(self, name: str) -> StoreError:
        """What to say of a listed file that is not there."""
        return StoreError(
            f"{self.path / name}: a part of the acoustic index is missing; register into a new store folder"
        )

    def _make(self) -> None:
        self.path.mkdir(mode=0o700, exist_ok=True)

    def _sync(self) -> None:
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _mapped(self, name: str) -> mmap.mmap:
        if not _NAME.fullmatch(name):
            raise StoreError(f"{self.path}: the register lists a file that cannot be: {name!r}")
        descriptor = os.open(self.path / name, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return mmap.mmap(descriptor, 0, prot=mmap.PROT_READ)
        except (OSError, ValueError) as error:
            raise StoreError(f"{self.path / name}: cannot be mapped: {error}") from error
        finally:
            os.close(descriptor)

    def _damaged(self, name: str, error: Malformed) -> StoreError:
        return StoreError(f"{self.path / name}: {error}; register into a new store folder")


def _is_ours(name: str) -> bool:
    return _NAME.fullmatch(name.removesuffix(_UNFINISHED)) is not None
