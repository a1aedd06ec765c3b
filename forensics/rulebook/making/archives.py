"""What lies in zips and tars, to be changed or packed otherwise; nothing of what is locked, broken or large."""

from __future__ import annotations

import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping

from forensics.rulebook.making.documents import tarred, zipped
from forensics.rulebook.mutations.base import Sample

_MOST_MEMBERS = 500
_MOST_BYTES = 8 << 20
_BROKEN = (
    *(OSError, ValueError, RuntimeError, NotImplementedError, EOFError),
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError),
)


def members(sample: Sample) -> dict[str, bytes]:
    """The files in a zip or tar, in their order; none of what is neither."""
    try:
        if zipfile.is_zipfile(io.BytesIO(sample.data)):
            return _of_zip(sample.data)
        if sample.media_type == "application/x-tar":
            return _of_tar(sample.data)
    except _BROKEN:
        return {}
    return {}


def inside(sample: Sample, change: Callable[[Sample], Sample | None]) -> Sample | None:
    """The archive with every member changed that can be; None when none can, or it is no zip or tar.

    Office documents are zips too.
    """
    write: Callable[[Mapping[str, bytes]], bytes] = zipped if sample.data.startswith(b"PK\x03\x04") else tarred
    made: dict[str, bytes] = {}
    count = 0
    for name, data in members(sample).items():
        folder, _, own = name.rpartition("/")
        member = change(Sample(name=own, data=data, opener=sample.opener)) if own and data else None
        count += member is not None
        path = "/".join(filter(None, (folder, member.name))) if member else name
        made[path] = member.data if member else data
    return sample.changed(write(made)) if count else None


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
