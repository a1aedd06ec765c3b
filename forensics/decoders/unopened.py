"""Says of what is locked as a whole, or packed in a way nothing here opens, that it was not read: it is not clean."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping

from forensics.decoders.base import Budget, Decoder
from forensics.errors import Encrypted, Malformed
from forensics.formats.volumes import is_volume
from forensics.formats.zip_directory import volumes_of
from forensics.model import Artifact, Part

_UNKNOWN = "application/octet-stream"
_LOCKED = {
    b"Salted__": "OpenSSL",
    b"age-encryption.org/": "age",
    b"-----BEGIN AGE ENCRYPTED FILE-----": "age",
    b"-----BEGIN PGP MESSAGE-----": "OpenPGP",
    b"LUKS\xba\xbe": "LUKS",
    b"\x03\xd9\xa2\x9a": "KeePass",
}
_OPENPGP = re.compile(
    rb"\x8c[\x0d\x0e\x2e]\x04[\x01-\x0d][\x00\x01\x03]|\x85[\x01-\x04].\x03.{8}[\x01\x02\x10]|\x84[\x40-\x7f]\x03.{8}\x12"
    rb"|\xc1(?:\xc0.|[\x40-\x7f])\x03.{8}[\x01\x02\x10\x12]",
    re.DOTALL,
)
_PACKED = {
    b"\x89LZO\x00\r\n\x1a\n": "lzop",
    b"LRZI\x00": "lrzip",
    b"GRZipII\x00": "grzip",
    b"zPQ": "ZPAQ",
    b"7kSt\xa0\x31\x83\xd3\x8c\xb2\x28\xb0\xd3zPQ": "ZPAQ",
    b"StuffIt (c)": "StuffIt",
    b"SIT!": "StuffIt",
    b"ArC\x01": "FreeArc",
    b"\xff\x06\x00\x00sNaPpY": "Snappy",
    b"hsqs": "SquashFS",
    b"MSWIM\x00\x00\x00": "WIM",
    b"QFI\xfb": "QCOW",
    b"KDMV": "VMDK",
    b"conectix": "VHD",
    b"vhdxfile": "VHDX",
}
_RAR = "application/vnd.rar"
"""Tells in its headers whether it is a volume."""


class Unopened(Decoder):
    """OpenSSL, age, OpenPGP, LUKS, KeePass; lzop, ARJ, ACE and other packers; volumes of split archives."""

    def accepts(self, artifact: Artifact) -> bool:
        """The leading bytes say so; of a volume only the name does."""
        return not artifact.is_view and bool(_locked(artifact) or _packed(artifact))

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Give nothing, and say why."""
        if locked := _locked(artifact):
            raise Encrypted(f"encrypted by {locked}, for which no password is tried")
        raise Malformed(_packed(artifact))


def _locked(artifact: Artifact) -> str:
    head = artifact.content.head(64)
    found = _named(head, _LOCKED)
    is_openpgp = artifact.media_type == _UNKNOWN and _OPENPGP.match(head)
    return found or ("OpenPGP" if is_openpgp else "")


def _packed(artifact: Artifact) -> str:
    head = artifact.content.head(4096)
    found = _named(head, _PACKED)
    if not found and head[7:14] == b"**ACE**":
        found = "ACE"
    if not found and _is_arj(head):
        found = "ARJ"
    if found:
        return f"packed by {found}, which nothing here opens"
    return _one_of_a_set(artifact)


def _one_of_a_set(artifact: Artifact) -> str:
    """What is said of one volume; a RAR archive and text under such a name are what they are."""
    kind = artifact.media_type
    if is_volume(artifact.name) and kind.startswith("application/") and kind != _RAR:
        return f"{artifact.name!r} is named as one volume of a set, which cannot be read alone"
    if kind == _UNKNOWN and artifact.name.lower().endswith(".zip") and (count := volumes_of(artifact.content)) > 1:
        return f"the last of a set of {count} volumes, which cannot be read alone"
    return ""


def _named(head: bytes, names: Mapping[bytes, str]) -> str:
    """What it begins with; nearly everything begins with none of them, which is told at once."""
    if not head.startswith(tuple(names)):
        return ""
    return next(name for magic, name in names.items() if head.startswith(magic))


def _is_arj(head: bytes) -> bool:
    """Two bytes of magic are few: the first header's CRC-32 must fit."""
    size = int.from_bytes(head[2:4], "little")
    is_sized = head[:2] == b"\x60\xea" and 0 < size <= 2600
    return is_sized and zlib.crc32(head[4 : 4 + size]) == int.from_bytes(head[4 + size : 8 + size], "little")
