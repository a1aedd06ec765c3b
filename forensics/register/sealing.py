"""Seals waveforms so that who holds the public key can close but not open: HPKE (RFC 9180), one message a waveform.

X25519, HKDF-SHA256 and AES-128-GCM. A sealed waveform is bound to the clip's digest: under another clip it does not
open. Anybody with the public key can seal; that a waveform opens says that nobody changed it since, not who sealed it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from forensics.errors import ConfigError, InputError, Malformed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.hpke import Suite

PUBLIC_SUFFIX: Final = ".pub"
_CONTEXT: Final = b"earwitness reference 1\0"
_MOST_KEY_BYTES: Final = 4096


def make_key_pair(path: Path) -> Path:
    """Write a new private key, its owner's alone, and beside it the public one; returns the public one's path.

    Raises InputError when one of the files is there already or cannot be written.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    key = X25519PrivateKey.generate()
    public = path.with_name(path.name + PUBLIC_SUFFIX)
    private_text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public_text = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    if public.exists():
        raise InputError(f"{public}: is there already")
    _write_new(path, private_text, 0o600)
    try:
        _write_new(public, public_text, 0o644)
    except InputError:
        path.unlink()
        raise
    return public


def read_public_key(path: Path) -> bytes:
    """The 32 bytes of a public key file. Raises InputError, or ConfigError when it holds no such key."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

    text = _read(path)
    if b"PRIVATE KEY" in text:
        raise ConfigError(f"{path}: is a private key; sealing takes the public one ({path.name}{PUBLIC_SUFFIX})")
    with _no_key_named(path):
        key = serialization.load_pem_public_key(text)
        if isinstance(key, X25519PublicKey):
            return key.public_bytes_raw()
    raise ConfigError(f"{path}: is no public key that `earwitness reference-key` made")


class PrivateKey:
    """The key that opens what was sealed for it."""

    def __init__(self, key: X25519PrivateKey) -> None:
        self._key = key
        self._suite = _suite()
        self.public: bytes = key.public_key().public_bytes_raw()

    @classmethod
    def read(cls, path: Path) -> PrivateKey:
        """Read a private key file.

        Raises InputError when it cannot be read, ConfigError when others than its owner may read it or it is no key.
        """
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

        text = _read(path, is_secret=True)
        with _no_key_named(path):
            key = serialization.load_pem_private_key(text, password=None)
            if isinstance(key, X25519PrivateKey):
                return cls(key)
        raise ConfigError(f"{path}: is no private key that `earwitness reference-key` made")

    def unseal(self, sealed: bytes, sha256: str) -> bytes:
        """Open what was sealed for a clip. Raises Malformed when it was changed or belongs to another clip or key."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._suite.decrypt(sealed, self._key, info=_context(sha256))
        except (InvalidTag, ValueError) as error:
            raise Malformed("the sealed waveform was changed, or is another clip's") from error


def seal(plain: bytes, public: bytes, sha256: str) -> bytes:
    """Seal bytes for a clip; 48 bytes longer."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

    return _suite().encrypt(plain, X25519PublicKey.from_public_bytes(public), info=_context(sha256))


def key_name(public: bytes) -> str:
    """A short name for a key, to be compared by people."""
    return hashlib.sha256(public).hexdigest()[:16]


def _context(sha256: str) -> bytes:
    return _CONTEXT + sha256.encode()


def _suite() -> Suite:
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)


def _read(path: Path, *, is_secret: bool = False) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise InputError(f"{path}: not a regular file")
            if is_secret and (status.st_mode & 0o077 or status.st_uid not in (0, os.geteuid())):
                raise ConfigError(f"{path}: others may read this private key; `chmod 600` it and make it yours alone")
            return file.read(_MOST_KEY_BYTES)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from error


@contextlib.contextmanager
def _no_key_named(path: Path) -> Iterator[None]:
    """Name the file in what the library raises for bytes that are no key."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        yield
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{path}: is no key that can be read without a password") from error


def _write_new(path: Path, text: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with open(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
