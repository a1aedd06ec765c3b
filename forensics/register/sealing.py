"""Seals waveforms so that who holds the public key can close but not open: HPKE, one message a waveform.

A sealed waveform is bound to the clip's digest: under another clip it does not open. Anybody with the public key can
seal; that a waveform opens says that nobody changed it since, not who sealed it.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from forensics.errors import ConfigError, InputError
from forensics.sealing import hpke, keyfiles

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

PUBLIC_SUFFIX: Final = ".pub"
_CONTEXT: Final = b"earwitness reference 1\0"


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
    keyfiles.write_new(path, private_text, 0o600)
    try:
        keyfiles.write_new(public, public_text, 0o644)
    except InputError:
        path.unlink()
        raise
    return public


def read_public_key(path: Path) -> bytes:
    """The 32 bytes of a public key file. Raises InputError, or ConfigError when it holds no such key."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

    text = keyfiles.read(path)
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
        self.public: bytes = key.public_key().public_bytes_raw()

    @classmethod
    def passing(cls) -> PrivateKey:
        """A key that is never written: what is sealed for it is opened by this process or by nobody."""
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

        return cls(X25519PrivateKey.generate())

    @classmethod
    def read(cls, path: Path) -> PrivateKey:
        """Read a private key file.

        Raises InputError when it cannot be read, ConfigError when others than its owner may read it or it is no key.
        """
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

        text = keyfiles.read(path, is_secret=True)
        with _no_key_named(path):
            key = serialization.load_pem_private_key(text, password=None)
            if isinstance(key, X25519PrivateKey):
                return cls(key)
        raise ConfigError(f"{path}: is no private key that `earwitness reference-key` made")

    def unseal(self, sealed: bytes, sha256: str) -> bytes:
        """Open what was sealed for a clip. Raises Malformed when it was changed or belongs to another clip or key."""
        return hpke.unseal(sealed, self._key, _context(sha256))


def seal(plain: bytes, public: bytes, sha256: str) -> bytes:
    """Seal bytes for a clip; 48 bytes longer."""
    return hpke.seal(plain, public, _context(sha256))


def key_name(public: bytes) -> str:
    """A short name for a key, to be compared by people."""
    return hashlib.sha256(public).hexdigest()[:16]


def _context(sha256: str) -> bytes:
    return _CONTEXT + sha256.encode()


@contextlib.contextmanager
def _no_key_named(path: Path) -> Iterator[None]:
    """Name the file in what the library raises for bytes that are no key."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        yield
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{path}: is no key that can be read without a password") from error
