"""Opens OpenDocument packages whose members are locked with a password. OpenDocument 1.2 part 3, 3.4 and 4.8.

The manifest says how each member is locked: AES-256 with a key of PBKDF2 is opened, as all programs have written since
2011; Blowfish before and Argon2 after it are not.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, cast

from forensics.content import Content, Spool
from forensics.errors import Malformed
from forensics.formats.archive_unlocking import Unlocked
from forensics.formats.passwords import Password, Passwords
from forensics.formats.xml_events import Start, read_events
from forensics.formats.zip_directory import read_directory
from forensics.formats.zip_members import MemberReader

_MANIFEST: Final = "META-INF/manifest.xml"
_MOST_MEMBER_BYTES: Final = 128 << 20
_MOST_ROUNDS: Final = 1_000_000
_PROOF_BYTES: Final = 1024


@dataclass(slots=True)
class LockedMember:
    """What the manifest says of one member: the attributes of the elements about its lock, by element."""

    name: str
    size: int
    said: dict[str, dict[str, str]] = field(default_factory=dict)

    def of(self, element: str, attribute: str) -> str:
        """An attribute; empty where it is not given."""
        return self.said.get(element, {}).get(attribute, "")


def locked_members(content: Content) -> list[LockedMember]:
    """The members that the manifest calls encrypted; none where there is no manifest that can be read."""
    found: list[LockedMember] = []
    try:
        manifest = _Package(content).read(_MANIFEST)
        for event in read_events(iter([manifest])):
            if not isinstance(event, Start):
                continue
            if event.name == "file-entry":
                size = event.attributes.get("size", "")
                found.append(LockedMember(event.attributes.get("full-path", ""), int(size) if size.isdigit() else 0))
            elif found:
                found[-1].said[event.name] = dict(event.attributes)
    except Malformed:
        return []
    return [member for member in found if "encryption-data" in member.said]


def locked_facts(members: list[LockedMember]) -> dict[str, str]:
    """Names and sizes of what is locked."""
    listed = [{"name": member.name, "size": member.size} for member in members]
    return {
        "encrypted.members": json.dumps(listed, ensure_ascii=False, separators=(",", ":")),
        "encrypted.count": str(len(members)),
    }


def unlocked_opendocument(
    content: Content, members: list[LockedMember], passwords: Passwords, new_spool: Callable[[], Spool]
) -> Unlocked | None:
    """The package with its members in the clear, and the password that opened them; None where none does."""
    package = _Package(content)
    first = next((member for member in members if member.size), members[0])
    for password in passwords.tries():
        if not _proves(package, first, password):
            continue
        passwords.keep(password)
        spool = new_spool()
        by_name = {member.name: member for member in members}
        with zipfile.ZipFile(cast(BinaryIO, _Forward(spool)), "w") as target:
            for name in package.names:
                locked = by_name.get(name)
                data = _clear(package, locked, password) if locked else package.read(name)
                if name != _MANIFEST:
                    target.writestr(zipfile.ZipInfo(name), data)
        return Unlocked(spool.close(), password)
    return None


class _Forward:
    """What zipfile writes to, when it may not go back."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def write(self, data: bytes) -> int:
        return self._spool.write(data)

    def flush(self) -> None:
        """Nothing waits."""


class _Package:
    """The members of a package by name; raises Malformed when there is no directory."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._members = {member.name: member for member in read_directory(content).members}

    @property
    def names(self) -> list[str]:
        return list(self._members)

    def read(self, name: str) -> bytes:
        """The bytes of a member; raises Malformed for one that is not there, damaged or too long."""
        if name not in self._members:
            raise Malformed(f"the package has no {name}")
        reader, data = MemberReader(self._content, self._members[name], stop=self._content.size), bytearray()
        for chunk in reader.chunks():
            data += chunk
            if len(data) > _MOST_MEMBER_BYTES:
                raise Malformed("a member of the package is too long to be opened")
        return bytes(data)


def _proves(package: _Package, member: LockedMember, password: Password) -> bool:
    """Say whether the beginning of a member in the clear has the checksum that the manifest tells."""
    told = _bytes(member.of("encryption-data", "checksum"))
    kind = "sha256" if "sha256" in member.of("encryption-data", "checksum-type").lower() else "sha1"
    begin = _decrypted(package, member, password)[:_PROOF_BYTES]
    return bool(told) and hashlib.new(kind, begin).digest() == told


def _clear(package: _Package, member: LockedMember, password: Password) -> bytes:
    packed = _decrypted(package, member, password)
    try:
        return zlib.decompressobj(-15).decompress(packed, min(member.size, _MOST_MEMBER_BYTES)) if member.size else b""
    except zlib.error as error:
        raise Malformed(f"{member.name!r}: the packed bytes are damaged") from error


def _decrypted(package: _Package, member: LockedMember, password: Password) -> bytes:
    """The packed bytes; raises Malformed for a lock of another kind."""
    if not member.of("algorithm", "algorithm-name").lower().endswith("aes256-cbc"):
        raise Malformed("the document is locked by a cipher that is not known")
    if not member.of("key-derivation", "key-derivation-name").lower().endswith("pbkdf2"):
        raise Malformed("the key of the document is made in a way that is not known")
    rounds = member.of("key-derivation", "iteration-count")
    if not rounds.isdigit() or not 0 < int(rounds) <= _MOST_ROUNDS:
        raise Malformed(f"a lock of {rounds[:20]} rounds")
    kind = "sha256" if "sha256" in member.of("start-key-generation", "start-key-generation-name") else "sha1"
    start = hashlib.new(kind, password.word.encode("utf-8", "replace")).digest()
    salt, vector = _bytes(member.of("key-derivation", "salt")), _bytes(member.of("algorithm", "initialisation-vector"))
    if len(vector) != 16:
        raise Malformed("the lock of the document has no vector")
    data = package.read(member.name)
    key = hashlib.pbkdf2_hmac("sha1", start, salt, int(rounds), 32)
    clear = bytes(_cbc(key, vector).update(data[: len(data) & ~15]))
    filled = clear[-1] if clear else 0
    return clear[:-filled] if 0 < filled <= 16 else clear


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except binascii.Error:
        return b""


def _cbc(key: bytes, vector: bytes) -> Any:
    from cryptography.hazmat.primitives import ciphers

    return ciphers.Cipher(ciphers.algorithms.AES(key), ciphers.modes.CBC(vector)).decryptor()
