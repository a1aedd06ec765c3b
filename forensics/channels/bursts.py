"""Where a message may begin in a connection that no channel knows: where a side begins to speak."""

from __future__ import annotations

import re

HEAD_BYTES = 4096
"""What of the beginning of a side, or of what it says at a time, is looked at."""
BURST_S = 0.05
"""Bytes of a side are of one burst when they came within this time of its first and the other side said nothing."""
BURST_BYTES = 512
"""By how much of a burst it must be clear that a message begins with it."""
_GREETING = rb"\x16\x03[\0-\4][\s\S]{2}[\1\2]"
_BEGINNING = re.compile(
    rb"[A-Za-z]{3,17} |[A-Za-z0-9.]{1,32} (?i:append) |(?i:pasv|epsv)\r?\n|"
    rb"HTTP/1\.|\* [A-Z]|:\S+ |\0[\s\S]{3}[\xfc-\xff]SMB|\x80[\s\S]{7}\0{7}\x02\0\x01\x86[\xa3\xa5]|" + _GREETING
)
_SEALED = re.compile(_GREETING)


class Burst:
    """How what a side sends begins since the other said something or it paused."""

    def __init__(self) -> None:
        self._side = -1
        self._began = 0.0
        self._bytes = b""

    def take(self, side: int, chunk: bytes, time: float) -> bytes:
        """What came before a chunk in its burst, or the beginning of it."""
        if side != self._side or abs(time - self._began) > BURST_S:
            self._side, self._began, self._bytes = side, time, b""
        before = self._bytes
        if len(before) < BURST_BYTES:
            self._bytes += chunk[:HEAD_BYTES]
        return before


def may_begin_message(burst: bytes, before: bytes) -> bool:
    """Say whether a burst, of which `before` had come already, is worth asking all channels about."""
    return len(before) < BURST_BYTES and _BEGINNING.match(burst) is not None


def goes_over_to_tls(burst: bytes) -> bool:
    """Say whether TLS begins here, which some protocols go over to after a few words that no channel knows."""
    return _SEALED.match(burst) is not None
