"""New files of a pack, all of them or none; what is there already is never written over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from forensics.errors import InputError
from forensics.rulebook.pack import MANIFEST


def manifest_of(pack: Path) -> dict[PurePosixPath, bytes]:
    """The manifest that a pack without one needs; nothing for a pack that has it."""
    if (pack / MANIFEST).exists():
        return {}
    name = pack.resolve().name
    id = "".join(sign if sign.isalnum() else "-" for sign in name.lower()).strip("-") or "pack"
    return {PurePosixPath(MANIFEST): f'id = "{id}"\nname = "{id}"\nversion = "0.1.0"\n'.encode()}


def write_new(pack: Path, files: Mapping[PurePosixPath, bytes]) -> list[Path]:
    """Write files into a pack. Raises InputError, with nothing written, when one of them is there or cannot be."""
    there = [pack / name for name in files if (pack / name).exists() or (pack / name).is_symlink()]
    if there:
        raise InputError(f"{there[0]}: is there already, and nothing is written over")
    written: list[Path] = []
    try:
        for name, data in files.items():
            path = pack / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                written.append(path)
                file.write(data)
    except OSError as error:
        _take_back(written)
        raise InputError(f"{error.filename or pack}: {error.strerror}") from error
    return written


def _take_back(paths: Iterable[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink()
