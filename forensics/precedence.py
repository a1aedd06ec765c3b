"""Which files are examined first when there is not the budget for all: by their first bytes and by the register."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from forensics.content import Content
from forensics.errors import EarwitnessError
from forensics.register.book import Register

_HEAD_BYTES = 300
_LIKELY = re.compile(
    rb"RIFF|RF64|BW64|RIFX|FORM....AIF|OggS|fLaC|ID3|\xff[\xe0-\xff]|....ftyp|#!AMR|\x02?#!SILK|\x1aE\xdf\xa3|caff|wvpk"
    rb"|\x30\x26\xb2\x75|riff\x2e\x91|MAC |TTA1|NIST_1A|\.snd"
    rb"|PK(?:\x03\x04|\x05\x06|\x07\x08)|7z\xbc\xaf\x27\x1c|Rar!|\x1f\x8b|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd|MSCF|xar!"
    rb"|.{257}ustar|%PDF-|\xd0\xcf\x11\xe0|\{\\rtf",
    re.DOTALL,
).match
"""Sound, archives, and documents that packages hold. No more than a guess, made without taking anything apart."""


class Precedence:
    """Asked of one file after the other, from one thread. `folder` is where the register lies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._register: Register | None = None

    def is_first(self, content: Content) -> bool:
        """Say whether a file looks like what is looked for, or was registered as it is; False when it cannot be read.

        Of a file that has the size of a registered one, all is read, once.
        """
        try:
            return _LIKELY(content.head(_HEAD_BYTES)) is not None or self._is_registered(content)
        except (OSError, EarwitnessError):
            return False

    def _is_registered(self, content: Content) -> bool:
        if self._register is None or self._register.is_stale():
            self._register = Register.load(self._folder)
        if not self._register.of_size(content.size):
            return False
        crc32 = 0
        for chunk in content.chunks():
            crc32 = zlib.crc32(chunk, crc32)
        return bool(self._register.of_size(content.size, crc32))
