"""Opens Office Open XML packages that are locked with a password: agile encryption, and the standard one before it.

MS-OFFCRYPTO 2.3.4. The package lies in the stream `EncryptedPackage` of a compound file, after its size in eight bytes;
`EncryptionInfo` says how the key comes of a password. Older Office files (RC4) are not opened.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from forensics.content import Content, Spool
from forensics.errors import Malformed
from forensics.formats.archive_unlocking import Unlocked
from forensics.formats.passwords import Passwords
from forensics.formats.xml_events import Start, read_events

_SEGMENT_BYTES: Final = 4096
_MOST_ROUNDS: Final = 1_000_000
_STANDARD_ROUNDS: Final = 50_000
_HASHES: Final = {"SHA1": "sha1", "SHA-1": "sha1", "SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512"}
_PROOF, _PROOF_HASH, _KEY = (
    bytes.fromhex("fea7d2763b4b9e79"),
    bytes.fromhex("d7aa0f6d3061344e"),
    bytes.fromhex("146e0be7abacd0d6"),
)


class _Lock(Protocol):
    def key(self, word: str) -> bytes:
        """The key of the package; empty when the word is another."""

    def opened(self, key: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The package in the clear, filled up to whole blocks."""


def unlocked_office(
    info: bytes, package: Callable[[], Iterator[bytes]], passwords: Passwords, new_spool: Callable[[], Spool]
) -> Unlocked | None:
    """The package and the password that opened it; None where none does.

    `package` gives the bytes of its stream anew each time. Raises Malformed for a lock of another kind.
    """
    lock = _lock(info)
    for password in passwords.tries():
        if key := lock.key(password.word):
            passwords.keep(password)
            return Unlocked(_package(lock, key, package(), new_spool()), password)
    return None


def _package(lock: _Lock, key: bytes, chunks: Iterator[bytes], spool: Spool) -> Content:
    joined = _segments(chunks)
    left = int.from_bytes(next(joined, b""), "little")
    for clear in lock.opened(key, joined):
        spool.write(clear[:left])
        left -= min(left, len(clear))
    return spool.close()


def _segments(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The eight bytes of the size, then the segments."""
    held, size = bytearray(), 8
    for chunk in chunks:
        held += chunk
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
            size = _SEGMENT_BYTES
    if held:
        yield bytes(held)


def _lock(info: bytes) -> _Lock:
    if len(info) < 8:
        raise Malformed("the lock of the document is cut off")
    major, minor = struct.unpack_from("<HH", info)
    if (major, minor) == (4, 4):
        return _agile(info[8:])
    if minor == 2 and major in (2, 3, 4):
        return _standard(info)
    raise Malformed(f"the document is locked in a way that is not known ({major}.{minor})")


@dataclass(frozen=True, slots=True)
class _Agile:
    """What the XML says: of the package, and of the key that a password makes."""

    data: dict[str, str]
    of_key: dict[str, str]

    def key(self, word: str) -> bytes:
        salt, kind = _decoded(self.of_key, "saltValue"), _hash(self.of_key)
        digest = _spun(kind, salt + word.encode("utf-16-le", "replace"), _number(self.of_key, "spinCount"))
        size = _number(self.of_key, "keyBits") // 8

        def clear(name: str, block: bytes) -> bytes:
            key = hashlib.new(kind, digest + block).digest()[:size].ljust(size, b"\x36")
            return bytes(_cbc(key, _vector(salt)).update(_decoded(self.of_key, name)))

        proof = clear("encryptedVerifierHashInput", _PROOF)[: _number(self.of_key, "saltSize")]
        told = clear("encryptedVerifierHashValue", _PROOF_HASH)[: _number(self.of_key, "hashSize")]
        return clear("encryptedKeyValue", _KEY)[:size] if told and hashlib.new(kind, proof).digest() == told else b""

    def opened(self, key: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
        salt, kind = _decoded(self.data, "saltValue"), _hash(self.data)
        for number, chunk in enumerate(chunks):
            vector = _vector(hashlib.new(kind, salt + struct.pack("<L", number)).digest())
            yield _cbc(key, vector).update(chunk[: len(chunk) & ~15])


def _agile(xml: bytes) -> _Agile:
    found = {}
    for event in read_events(iter([xml])):
        if isinstance(event, Start) and event.name in ("keyData", "encryptedKey"):
            found[event.name] = dict(event.attributes)
    data, of_key = found.get("keyData", {}), found.get("encryptedKey", {})
    for each in (data, of_key):
        if each.get("cipherAlgorithm") != "AES" or each.get("cipherChaining") != "ChainingModeCBC":
            raise Malformed("the document is locked by a cipher that is not known")
        if _number(each, "keyBits") not in (128, 192, 256) or _number(each, "blockSize") != 16:
            raise Malformed("the document is locked by a key that is not known")
    if _number(of_key, "spinCount") > _MOST_ROUNDS:
        raise Malformed(f"a lock of {of_key['spinCount']} rounds")
    return _Agile(data, of_key)


@dataclass(frozen=True, slots=True)
class _Standard:
    """AES without chaining, and SHA-1."""

    key_bytes: int
    salt: bytes
    proof: bytes
    proof_hash: bytes

    def key(self, word: str) -> bytes:
        digest = _spun("sha1", self.salt + word.encode("utf-16-le", "replace"), _STANDARD_ROUNDS)
        digest = _sha1(digest + bytes(4))
        pads = (bytes(byte ^ pad for byte in digest.ljust(64, b"\0")) for pad in (0x36, 0x5C))
        key = b"".join(_sha1(pad) for pad in pads)[: self.key_bytes]
        cipher = _ecb(key)
        proof, told = cipher.update(self.proof), cipher.update(self.proof_hash)[:20]
        return key if _sha1(proof) == told else b""

    def opened(self, key: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
        cipher = _ecb(key)
        for chunk in chunks:
            yield cipher.update(chunk[: len(chunk) & ~15])


def _standard(info: bytes) -> _Standard:
    try:
        (header_bytes,) = struct.unpack_from("<L", info, 8)
        (algorithm,), (bits,) = struct.unpack_from("<L", info, 20), struct.unpack_from("<L", info, 28)
        _, salt, proof, _, proof_hash = struct.unpack_from("<L16s16sL32s", info, 12 + header_bytes)
    except struct.error as error:
        raise Malformed("the lock of the document is cut off") from error
    if algorithm not in (0x660E, 0x660F, 0x6610) or bits not in (128, 192, 256):
        raise Malformed("the document is locked by a cipher that is not known")
    return _Standard(bits // 8, salt, proof, proof_hash)


def _spun(kind: str, first: bytes, rounds: int) -> bytes:
    digest = hashlib.new(kind, first).digest()
    for number in range(rounds):
        digest = hashlib.new(kind, struct.pack("<L", number) + digest).digest()
    return digest


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _hash(said: dict[str, str]) -> str:
    kind = _HASHES.get(said.get("hashAlgorithm", "").upper(), "")
    if not kind:
        raise Malformed("the document is locked by a hash that is not known")
    return kind


def _number(said: dict[str, str], name: str) -> int:
    try:
        return max(0, int(said.get(name, "")))
    except ValueError as error:
        raise Malformed(f"the lock of the document has no {name}") from error


def _decoded(said: dict[str, str], name: str) -> bytes:
    try:
        data = base64.b64decode(said.get(name, ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(f"the lock of the document has no {name}") from error
    return data[: len(data) & ~15] if name.startswith("encrypted") else data


def _vector(salt: bytes) -> bytes:
    return salt[:16].ljust(16, b"\x36")


def _cbc(key: bytes, vector: bytes) -> Any:
    from cryptography.hazmat.primitives import ciphers

    return ciphers.Cipher(ciphers.algorithms.AES(key), ciphers.modes.CBC(vector)).decryptor()


def _ecb(key: bytes) -> Any:
    from cryptography.hazmat.primitives import ciphers

    return ciphers.Cipher(ciphers.algorithms.AES(key), ciphers.modes.ECB()).decryptor()  # noqa: S305 - MS-OFFCRYPTO
