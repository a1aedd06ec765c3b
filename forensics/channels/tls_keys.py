"""Opens sealed TLS records: TLS 1.3 (RFC 8446), and AEAD and CBC suites of TLS 1.0 to 1.2 (RFC 5246, 7366, 7905)."""

from __future__ import annotations

import hashlib
import hmac
from abc import ABC, abstractmethod
from typing import Protocol

from forensics.channels.tls_suites import Sealing, Suite

TLS_1_0, TLS_1_2 = 0x0301, 0x0303
NONCE_BYTES = 12
_BLOCK_BYTES = 16
_EXPLICIT_BYTES = 8
"""The part of the nonce that records of TLS 1.2 carry."""

Opened = tuple[int, bytes]
"""Content type and content."""


class _Aead(Protocol):
    """What the AEADs of the cryptography package have in common."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Raises InvalidTag."""


class Seal(ABC):
    """The keys of one side for a time. `overhead` is what records are longer than content; of CBC, full ones."""

    overhead: int

    @abstractmethod
    def open(self, sequence: int, head: bytes, body: bytes) -> Opened | None:
        """The content of a record, the `sequence`th under these keys; None when it is not one."""

    def next(self) -> Seal | None:
        """The keys after an update; None where the protocol knows none."""
        return None


class ModernSeal(Seal):
    """TLS 1.3: the content type is inside, behind it any padding."""

    def __init__(self, suite: Suite, secret: bytes) -> None:
        self._suite = suite
        self._secret = secret
        self._aead = _aead(suite, expand_label(secret, "key", suite.key_size, suite.digest))
        self._nonce = int.from_bytes(expand_label(secret, "iv", NONCE_BYTES, suite.digest), "big")
        self.overhead = suite.tag_size + 1

    def open(self, sequence: int, head: bytes, body: bytes) -> Opened | None:
        """See Seal."""
        plain = _decrypt(self._aead, (self._nonce ^ sequence).to_bytes(NONCE_BYTES, "big"), body, head)
        if not plain:
            return None
        if not plain[-1]:
            plain = plain.rstrip(b"\0")
        return (plain[-1], plain[:-1]) if plain else None

    def next(self) -> Seal:
        """The keys after a KeyUpdate (section 7.2)."""
        size = hashlib.new(self._suite.digest).digest_size
        return ModernSeal(self._suite, expand_label(self._secret, "traffic upd", size, self._suite.digest))


class AeadSeal(Seal):
    """AEAD suites of TLS 1.2: AES-GCM and AES-CCM carry part of the nonce, ChaCha20 does not."""

    def __init__(self, suite: Suite, key: bytes, salt: bytes) -> None:
        self._aead = _aead(suite, key)
        self._salt = salt
        self._explicit = 0 if suite.sealing is Sealing.CHACHA else _EXPLICIT_BYTES
        self.overhead = suite.tag_size + self._explicit

    def open(self, sequence: int, head: bytes, body: bytes) -> Opened | None:
        """See Seal."""
        size = len(body) - self.overhead
        if size < 0:
            return None
        if self._explicit:
            nonce, sealed = self._salt + body[:_EXPLICIT_BYTES], body[_EXPLICIT_BYTES:]
        else:
            number = int.from_bytes(self._salt, "big") ^ sequence
            nonce, sealed = number.to_bytes(NONCE_BYTES, "big"), body
        plain = _decrypt(self._aead, nonce, sealed, _authenticated(sequence, head, size))
        return None if plain is None else (head[0], plain)


class CbcSeal(Seal):
    """AES-CBC with an HMAC of the content, or of the record when `is_mac_last`; TLS 1.0 chains records."""

    def __init__(
        self, suite: Suite, *, version: int, mac_key: bytes, key: bytes, chained: bytes, is_mac_last: bool
    ) -> None:
        self._mac = suite.mac
        self._mac_key = mac_key
        self._mac_size = hashlib.new(suite.mac).digest_size
        self._key = key
        self._chained = chained if version <= TLS_1_0 else b""
        self._is_mac_last = is_mac_last
        padding = _BLOCK_BYTES - (0 if is_mac_last else self._mac_size) % _BLOCK_BYTES
        self.overhead = (0 if self._chained else _BLOCK_BYTES) + self._mac_size + padding

    def open(self, sequence: int, head: bytes, body: bytes) -> Opened | None:
        """See Seal."""
        sealed, mac = body, b""
        if self._is_mac_last:
            sealed, mac = body[: -self._mac_size], body[-self._mac_size :]
            if not self._is_authentic(sequence, head, sealed, mac):
                return None
        vector = self._chained or sealed[:_BLOCK_BYTES]
        blocks = sealed if self._chained else sealed[_BLOCK_BYTES:]
        if not blocks or len(blocks) % _BLOCK_BYTES:
            return None
        plain = _decrypt_cbc(self._key, vector, blocks)
        content = plain[: -1 - plain[-1]]
        if not self._is_mac_last:
            if len(content) < self._mac_size:
                return None
            content, mac = content[: -self._mac_size], content[-self._mac_size :]
            if not self._is_authentic(sequence, head, content, mac):
                return None
        if self._chained:
            self._chained = blocks[-_BLOCK_BYTES:]
        return head[0], content

    def _is_authentic(self, sequence: int, head: bytes, data: bytes, mac: bytes) -> bool:
        told = _authenticated(sequence, head, len(data)) + data
        return hmac.digest(self._mac_key, told, self._mac) == mac


def seals(
    suite: Suite, *, version: int, master: bytes, client_random: bytes, server_random: bytes, is_mac_last: bool
) -> tuple[Seal, Seal]:
    """The keys of client and server up to TLS 1.2, from the master secret (RFC 5246 section 6.3)."""
    is_cbc = suite.sealing is Sealing.CBC
    mac_size = hashlib.new(suite.mac).digest_size if is_cbc else 0
    vector_size = _BLOCK_BYTES if is_cbc else NONCE_BYTES if suite.sealing is Sealing.CHACHA else 4
    sizes = (mac_size, mac_size, suite.key_size, suite.key_size, vector_size, vector_size)
    digest = suite.digest if version >= TLS_1_2 else ""
    block = derive(master, b"key expansion", server_random + client_random, sum(sizes), digest)
    parts = []
    for size in sizes:
        parts.append(block[:size])
        block = block[size:]
    made: list[Seal] = []
    for mac_key, key, vector in (parts[::2], parts[1::2]):
        if is_cbc:
            made.append(
                CbcSeal(suite, version=version, mac_key=mac_key, key=key, chained=vector, is_mac_last=is_mac_last)
            )
        else:
            made.append(AeadSeal(suite, key, vector))
    return made[0], made[1]


def derive(secret: bytes, label: bytes, seed: bytes, size: int, digest: str) -> bytes:
    """The pseudorandom function up to TLS 1.2; `digest` is empty before 1.2, where MD5 and SHA-1 are combined."""
    if digest:
        return _expanded(secret, label + seed, size, digest)
    half = (len(secret) + 1) // 2
    one = _expanded(secret[:half], label + seed, size, "md5")
    two = _expanded(secret[-half:], label + seed, size, "sha1")
    return bytes(a ^ b for a, b in zip(one, two, strict=True))


def expand_label(secret: bytes, label: str, size: int, digest: str) -> bytes:
    """HKDF-Expand-Label without context (RFC 8446 section 7.1)."""
    named = b"tls13 " + label.encode()
    told = size.to_bytes(2, "big") + bytes((len(named),)) + named + b"\0"
    made, block, number = b"", b"", 1
    while len(made) < size:
        block = hmac.digest(secret, block + told + bytes((number,)), digest)
        made += block
        number += 1
    return made[:size]


def _expanded(secret: bytes, seed: bytes, size: int, digest: str) -> bytes:
    made, link = b"", seed
    while len(made) < size:
        link = hmac.digest(secret, link, digest)
        made += hmac.digest(secret, link + seed, digest)
    return made[:size]


def _authenticated(sequence: int, head: bytes, size: int) -> bytes:
    return sequence.to_bytes(8, "big") + head[:3] + size.to_bytes(2, "big")


def _aead(suite: Suite, key: bytes) -> _Aead:
    from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

    if suite.sealing is Sealing.CHACHA:
        return ChaCha20Poly1305(key)
    return AESGCM(key) if suite.sealing is Sealing.GCM else AESCCM(key, tag_length=suite.tag_size)


def _decrypt(aead: _Aead, nonce: bytes, sealed: bytes, authenticated: bytes) -> bytes | None:
    from cryptography.exceptions import InvalidTag

    try:
        return aead.decrypt(nonce, sealed, authenticated)
    except (InvalidTag, ValueError):
        return None


def _decrypt_cbc(key: bytes, vector: bytes, blocks: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    decryptor = Cipher(AES(key), CBC(vector)).decryptor()
    return decryptor.update(blocks) + decryptor.finalize()
