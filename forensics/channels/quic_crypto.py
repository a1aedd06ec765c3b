"""Packet protection of QUIC (RFC 9001 section 5, RFC 9369 section 3.3): from secrets to payloads."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

from forensics.channels.quic_packets import VERSION_2
from forensics.channels.tls_keys import NONCE_BYTES, expand_label

TAG_BYTES = 16
_SAMPLE_BYTES = 16
_IS_LONG = 0x80
_PHASE = 0x04
_DRAFT_29, _DRAFT_32 = 0xFF00001D, 0xFF000020
_SALT_29 = bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899")
_SALT_1 = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
_SALT_2 = bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9")
_LABELS_1, _LABELS_2 = "quic ", "quicv2 "

Aead = AESGCM | AESCCM | ChaCha20Poly1305


@dataclass(frozen=True, slots=True)
class Suite:
    """A cipher suite of TLS 1.3: its AEAD, its key's size in bytes and its hash."""

    aead: type[AESGCM] | type[AESCCM] | type[ChaCha20Poly1305]
    key_size: int
    digest: str


AES_128 = Suite(AESGCM, 16, "sha256")
SUITES = (
    AES_128,
    Suite(AESGCM, 32, "sha384"),
    Suite(ChaCha20Poly1305, 32, "sha256"),
    Suite(AESCCM, 16, "sha256"),
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A packet without its protection."""

    number: int
    payload: bytes


class Opener:
    """Opens the packets of one side that one secret protects, over updates of the key (RFC 9001, section 6)."""

    def __init__(self, secret: bytes, suite: Suite, labels: str) -> None:
        self._suite = suite
        self._labels = labels
        self._shield = _Shield(expand_label(secret, f"{labels}hp", suite.key_size, suite.digest), suite)
        self._previous: _Seal | None = None
        self._current = _Seal(secret, suite, labels)
        self._next: _Seal | None = None
        self._phase = 0

    def open(self, data: bytes, number_at: int, expected: int) -> Opened | None:
        """The packet whose number begins there; numbers go on about `expected`. None when it is not of this key."""
        if len(data) < number_at + 4 + _SAMPLE_BYTES:
            return None
        head, number = self._shield.lift(data, number_at)
        number = _whole_number(number, 8 * (len(head) - number_at), expected)
        body = data[len(head) :]
        if head[0] & _IS_LONG or bool(head[0] & _PHASE) == self._phase:
            payload = self._current.open(number, head, body)
            return None if payload is None else Opened(number, payload)
        if self._next is None:
            self._next = self._current.update()
        payload = self._next.open(number, head, body)
        if payload is not None:
            self._previous, self._current, self._next = self._current, self._next, None
            self._phase = 1 - self._phase
        elif self._previous:
            payload = self._previous.open(number, head, body)
        return None if payload is None else Opened(number, payload)


class _Seal:
    """The AEAD of one generation of a key."""

    def __init__(self, secret: bytes, suite: Suite, labels: str) -> None:
        self._secret = secret
        self._suite = suite
        self._labels = labels
        self._aead: Aead = suite.aead(expand_label(secret, f"{labels}key", suite.key_size, suite.digest))
        self._iv = int.from_bytes(expand_label(secret, f"{labels}iv", NONCE_BYTES, suite.digest), "big")

    def open(self, number: int, head: bytes, body: bytes) -> bytes | None:
        nonce = (self._iv ^ number).to_bytes(NONCE_BYTES, "big")
        try:
            return self._aead.decrypt(nonce, body, head)
        except (InvalidTag, ValueError):
            return None

    def update(self) -> _Seal:
        secret = expand_label(self._secret, f"{self._labels}ku", len(self._secret), self._suite.digest)
        return _Seal(secret, self._suite, self._labels)


class _Shield:
    """Header protection (RFC 9001, section 5.4)."""

    def __init__(self, key: bytes, suite: Suite) -> None:
        self._key = key
        # One block of ECB is what the standard asks for: a mask made of a sample of the ciphertext.
        self._aes = (
            None if suite.aead is ChaCha20Poly1305 else Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305
        )

    def lift(self, data: bytes, number_at: int) -> tuple[bytes, int]:
        """The header in the clear, up to the end of the packet number, and what of that number was sent."""
        sample = data[number_at + 4 : number_at + 4 + _SAMPLE_BYTES]
        if self._aes:
            mask = self._aes.update(sample)
        else:
            mask = Cipher(algorithms.ChaCha20(self._key, sample), None).encryptor().update(bytes(5))
        first = data[0] ^ (mask[0] & (0x0F if data[0] & _IS_LONG else 0x1F))
        size = (first & 3) + 1
        number = int.from_bytes(data[number_at : number_at + size], "big") ^ int.from_bytes(mask[1 : 1 + size], "big")
        return bytes((first,)) + data[1:number_at] + number.to_bytes(size, "big"), number


def initial_opener(version: int, destination: bytes) -> Opener:
    """Opens what a client sends first to the connection id it chose: anybody on the way can."""
    salt = _SALT_2 if version == VERSION_2 else _SALT_29 if _DRAFT_29 <= version <= _DRAFT_32 else _SALT_1
    extracted = hmac.digest(salt, destination, AES_128.digest)
    secret = expand_label(extracted, "client in", len(extracted), AES_128.digest)
    return Opener(secret, AES_128, _LABELS_2 if version == VERSION_2 else _LABELS_1)


def openers(secret: bytes) -> Iterator[Opener]:
    """Every way a secret of this size may be used; what the two sides agreed on is told by what opens their packets."""
    for labels in (_LABELS_1, _LABELS_2):
        for suite in SUITES:
            if hashlib.new(suite.digest).digest_size == len(secret):
                yield Opener(secret, suite, labels)


def _whole_number(number: int, bits: int, expected: int) -> int:
    """The packet number of which the lowest `bits` were sent (RFC 9000, appendix A.3)."""
    window = 1 << bits
    whole = (expected & -window) | number
    if whole <= expected - window // 2 and whole < (1 << 62) - window:
        return whole + window
    if whole > expected + window // 2 and whole >= window:
        return whole - window
    return whole
