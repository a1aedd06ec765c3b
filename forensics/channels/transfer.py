"""Incremental transfer decodings of mail bodies: base64, quoted-printable, uuencode (RFC 2045)."""

from __future__ import annotations

import binascii
from abc import ABC, abstractmethod

import pybase64

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64 = bytes(byte for byte in range(256) if byte not in _ALPHABET)
_LINE_LIMIT = 1 << 16


class Transfer(ABC):
    """Turns transferred bytes into the bytes meant, chunk by chunk."""

    @abstractmethod
    def feed(self, data: bytes) -> bytes:
        """Decode what can be decoded so far."""

    def end(self) -> bytes:
        """Decode what is left."""
        return b""

    def lose(self, size: int) -> int:
        """Note `size` transferred bytes never seen; the decoded bytes they stand for, estimated."""
        return size


class Identity(Transfer):
    """7bit, 8bit, binary."""

    def feed(self, data: bytes) -> bytes:
        """The bytes as they are."""
        return data


class Base64(Transfer):
    """base64; bytes outside the alphabet are skipped, padding ends a run and another may follow."""

    _LINE, _LINE_BREAK = 76, 2

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        """Decode whole groups of four."""
        clean = self._rest + data.translate(None, _NOT_BASE64)
        if b"=" in clean:
            return self._padded(clean)
        whole = len(clean) & ~3
        self._rest = clean[whole:]
        return _unbase64(clean[:whole])

    def _padded(self, clean: bytes) -> bytes:
        decoded = b""
        runs = clean.split(b"=")
        for run in runs[:-1]:
            decoded += _unbase64(run + b"=" * (-len(run) % 4))
        last = runs[-1]
        whole = len(last) & ~3
        self._rest = last[whole:]
        return decoded + _unbase64(last[:whole])

    def end(self) -> bytes:
        """Decode an unpadded end."""
        rest, self._rest = self._rest, b""
        return _unbase64(rest + b"=" * (-len(rest) % 4))

    def lose(self, size: int) -> int:
        """Assume lines of 76 characters, and that groups go on in step behind the hole."""
        characters = size - size // (self._LINE + self._LINE_BREAK) * self._LINE_BREAK
        lost = len(self._rest) + characters
        self._rest = b""
        return lost * 3 // 4


class QuotedPrintable(Transfer):
    """quoted-printable; a line is decoded when its end has come."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        """Decode whole lines."""
        data = self._rest + data
        cut = data.rfind(b"\n") + 1
        if not cut and len(data) > _LINE_LIMIT:
            cut = len(data) - 2
        self._rest = data[cut:]
        return binascii.a2b_qp(data[:cut])

    def end(self) -> bytes:
        """Decode the last line."""
        rest, self._rest = self._rest, b""
        return binascii.a2b_qp(rest)


class UuEncoded(Transfer):
    """uuencode (x-uuencode): lines between `begin` and `end`."""

    def __init__(self) -> None:
        self._rest = b""
        self._is_inside = False

    def feed(self, data: bytes) -> bytes:
        """Decode whole lines."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[:_LINE_LIMIT]
        return b"".join(self._line(line.rstrip(b"\r")) for line in lines)

    def _line(self, line: bytes) -> bytes:
        if not self._is_inside:
            self._is_inside = line.startswith(b"begin ")
            return b""
        if line in (b"end", b"`", b""):
            self._is_inside = line != b"end"
            return b""
        try:
            return binascii.a2b_uu(line)
        except binascii.Error:
            size = ((line[0] - 32) & 63) * 4 // 3 + 5
            try:
                return binascii.a2b_uu(line[:size])
            except binascii.Error:
                return b""


def transfer_of(encoding: str) -> Transfer:
    """The decoder a Content-Transfer-Encoding names; unknown ones leave the bytes as they are."""
    kinds: dict[str, type[Transfer]] = {
        "base64": Base64,
        "quoted-printable": QuotedPrintable,
        "x-uuencode": UuEncoded,
        "uuencode": UuEncoded,
        "x-uue": UuEncoded,
    }
    return kinds.get(encoding.strip().lower(), Identity)()


def _unbase64(data: bytes) -> bytes:
    """Decode characters of the alphabet alone, however they end."""
    try:
        return pybase64.b64decode(data, validate=True)
    except binascii.Error:
        pass
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        # One character too many for a group carries no whole byte.
        return binascii.a2b_base64(data.rstrip(b"=")[: len(data.rstrip(b"=")) & ~3])
