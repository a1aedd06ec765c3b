"""Another container."""

from __future__ import annotations

import io
import random
import tarfile
import zipfile
from collections.abc import Callable, Mapping

from forensics.rulebook.making.documents import tarred, zipped
from forensics.rulebook.making.sevenzip import sevenzipped
from forensics.rulebook.mutations.base import Mutation, Sample

_MOST_MEMBERS = 500
_MOST_BYTES = 8 << 20
_WRITERS: Mapping[str, Callable[[Mapping[str, bytes]], bytes]] = {"zip": zipped, "tar": tarred, "7z": sevenzipped}


def _members(sample: Sample) -> dict[str, bytes]:
    """What lies in a zip or tar, as far as the limits go; nothing of what is neither, locked or broken."""
    try:
        if zipfile.is_zipfile(io.BytesIO(sample.data)):
            return _of_zip(sample.data)
        if sample.media_type == "application/x-tar":
            return _of_tar(sample.data)
    except (OSError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile, tarfile.TarError, EOFError):
        return {}
    return {}


def _of_zip(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if len(entries) > _MOST_MEMBERS or sum(entry.file_size for entry in entries) > _MOST_BYTES:
            return {}
        return {entry.filename: archive.read(entry) for entry in entries}


def _of_tar(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        entries = [entry for entry in archive.getmembers() if entry.isfile()]
        if len(entries) > _MOST_MEMBERS or sum(entry.size for entry in entries) > _MOST_BYTES:
            return {}
        return {entry.name: file.read() for entry in entries if (file := archive.extractfile(entry))}


class Repack(Mutation):
    """What lies in an archive put into an archive of another kind."""

    name = "repack"
    family = "archive"
    variants = ("zip", "tar", "7z")

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        members = _members(sample)
        if not any(members.values()) or sample.name.lower().endswith(f".{argument}"):
            return None
        return sample.changed(_WRITERS[argument](members), f"{sample.stem}.{argument}")
