"""A draft of one file of a rule pack: a copy of the pack in memory, which the workbench is asked about."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from forensics.errors import InputError
from forensics.resources import rules_folder
from forensics.text_safety import has_hidden, visible

MEMORY = Path("/dev/shm")
LARGEST = 1 << 20
DRAWN = {ord("\n"): None, ord("\t"): None}


class Draft:
    """The pack of `file` copied to a folder of its own, which `close` removes; `file` itself stays until `keep`."""

    def __init__(self, pack: Path, file: Path) -> None:
        """Read the file and copy its pack. Raises InputError for what cannot be edited in a terminal, OSError."""
        if file.is_relative_to(rules_folder()):
            raise InputError(f"{visible(file.name)} ships with the toolkit: copy the pack and name yours in `rules`")
        if not os.access(file, os.W_OK):
            raise InputError(f"{visible(str(file))} cannot be written")
        self.text = _text(file)
        self._file = file
        self._root = Path(tempfile.mkdtemp(prefix="earwitness-draft-", dir=MEMORY if MEMORY.is_dir() else None))
        self.pack = self._root / pack.name
        try:
            shutil.copytree(pack, self.pack)
        except BaseException:
            self.close()
            raise
        self._copy = self.pack / file.relative_to(pack)

    @property
    def spoken(self) -> tuple[str, str]:
        """The path of the copy, and that of the pack it stands for."""
        return str(self.pack), str(self._file.parents[len(self._copy.relative_to(self.pack).parts) - 1])

    def put(self, text: str) -> None:
        """Have the copy say this."""
        self._copy.write_text(text, encoding="utf-8")

    def keep(self, text: str) -> None:
        """Have the file itself say this, whole or not at all. Raises OSError."""
        new = self._file.with_name(f".{self._file.name}.draft")
        new.write_text(text, encoding="utf-8")
        shutil.copymode(self._file, new)
        os.replace(new, self._file)

    def close(self) -> None:
        """Take the copy away."""
        shutil.rmtree(self._root, ignore_errors=True)


def _text(file: Path) -> str:
    if file.stat().st_size > LARGEST:
        raise InputError(f"{visible(file.name)} is larger than {LARGEST >> 20} MiB: open it in an editor (E)")
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{visible(file.name)} is no UTF-8: open it in an editor (E)") from error
    if has_hidden(text.translate(DRAWN)):
        raise InputError(f"{visible(file.name)} holds characters that are not drawn: open it in an editor (E)")
    return text
