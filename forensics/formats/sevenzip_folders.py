"""Takes the lock out of a 7z folder's chain of coders, and writes folders down again. 7zFormat.txt."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from forensics.errors import Malformed
from forensics.formats.sevenzip_header import AES, Coder, Folder

_COPY = Coder(b"\0", b"", 1, 1)


@dataclass(frozen=True, slots=True)
class Lock:
    """The properties of one 7zAES coder, and how many bytes come out of it."""

    properties: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Plain:
    """A folder without locks; `locks` are what stood before each of its packed streams, if anything did."""

    folder: Folder
    locks: tuple[Lock | None, ...]


def without_lock(folder: Folder) -> Plain:
    """Take every 7zAES coder out: what took its bytes takes the packed stream. Raises Malformed for other chains."""
    coders, bonds = list(folder.coders), list(folder.bonds)
    packed, sizes = list(folder.packed), list(folder.sizes)
    locks: list[Lock | None] = [None] * len(packed)
    while (at := next((n for n, coder in enumerate(coders) if coder.method == AES), -1)) >= 0:
        taken, given = sum(c.inputs for c in coders[:at]), sum(c.outputs for c in coders[:at])
        if (coders[at].inputs, coders[at].outputs) != (1, 1) or taken not in packed:
            raise Malformed("a lock stands in an unusual place of a 7z folder")
        place = packed.index(taken)
        locks[place] = Lock(coders[at].properties, sizes[given])
        taker = next((into for into, output in bonds if output == given), None)
        if taker is None:
            if len(coders) > 1:
                raise Malformed("a lock is the last step of a 7z folder")
            coders[at] = _COPY
            break
        bonds.remove((taker, given))
        packed[place] = taker
        del coders[at], sizes[given]
        bonds = [(into - (into > taken), output - (output > given)) for into, output in bonds]
        packed = [number - (number > taken) for number in packed]
    return Plain(Folder(tuple(coders), tuple(bonds), tuple(packed), tuple(sizes)), tuple(locks))


def written_streams(folders: Sequence[Folder], packed: Sequence[int], checksums: Sequence[int]) -> bytes:
    """The part of a header that says which streams there are, from the first byte after the 32 on."""
    out = b"\x06" + _number(0) + _number(len(packed)) + b"\x09" + b"".join(map(_number, packed)) + b"\0"
    out += b"\x07\x0b" + _number(len(folders)) + b"\0" + b"".join(map(_folder, folders))
    out += b"\x0c" + b"".join(_number(size) for folder in folders for size in folder.sizes)
    if any(checksums):
        given = sum(bool(checksum) << 7 - n % 8 + 8 * (n // 8) for n, checksum in enumerate(checksums))
        out += b"\x0a\0" + given.to_bytes(-(-len(checksums) // 8), "little")
        out += b"".join(struct.pack("<L", checksum) for checksum in checksums if checksum)
    return out + b"\0"


def _folder(folder: Folder) -> bytes:
    out = _number(len(folder.coders))
    for coder in folder.coders:
        is_odd = (coder.inputs, coder.outputs) != (1, 1)
        out += bytes([len(coder.method) | 0x10 * is_odd | 0x20 * bool(coder.properties)]) + coder.method
        out += _number(coder.inputs) + _number(coder.outputs) if is_odd else b""
        out += _number(len(coder.properties)) + coder.properties if coder.properties else b""
    for into, output in folder.bonds:
        out += _number(into) + _number(output)
    return out + (b"".join(map(_number, folder.packed)) if len(folder.packed) > 1 else b"")


def _number(value: int) -> bytes:
    """One to nine bytes: the leading ones of the first say how many follow."""
    for follow in range(8):
        if value < 1 << 7 * (follow + 1):
            mask = 0xFF00 >> follow & 0xFF
            return bytes([mask | value >> 8 * follow]) + (value & (1 << 8 * follow) - 1).to_bytes(follow, "little")
    return b"\xff" + struct.pack("<Q", value)
