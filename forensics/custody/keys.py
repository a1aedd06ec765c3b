"""Keys of signed notes: who signs, by which name, and how others are told the key that checks it.

Ed25519 (RFC 8032) under the names, key ids and key texts ("vkeys") of C2SP signed-note. The private key lies on the
machine that signs. Whoever has taken that machine over can sign a new history with it; only heads that were kept
elsewhere before that (witnesses, time stamps, other machines) speak against such a history.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from forensics.errors import Malformed, StoreError
from forensics.text_safety import visible

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_FILE = "signing.key"
"""The private key in the folder of a store: PEM (PKCS 8), its owner's alone."""
_MOST_FILE_BYTES = 4096
_PUBLIC_BYTES = 32


class Use(IntEnum):
    """What a key signs: the type byte of C2SP signed-note."""

    NOTE = 1
    """The text of a note: a log signs its heads so."""
    COSIGNATURE = 4
    """The text with a time before it: a witness signs so (C2SP tlog-cosignature, version 1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """The public key that checks what somebody of that name signed."""

    name: str
    use: Use
    public: bytes

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read a vkey: name, hexadecimal key id, base64 of type and key, with plus signs between.

        Raises Malformed when it is none, or of a kind that is not checked here.
        """
        name, _, rest = text.partition("+")
        said, _, encoded = rest.partition("+")
        data = decoded(encoded)
        if not is_name(name) or len(data) != 1 + _PUBLIC_BYTES or data[0] not in tuple(Use):
            raise Malformed(f"no Ed25519 verifier key: {visible(text[:200])}")
        key = cls(name=name, use=Use(data[0]), public=data[1:])
        if key.id.hex() != said:
            raise Malformed(f"the key id {visible(said[:20])} is not that of the key and name after it")
        return key

    @property
    def id(self) -> bytes:
        """The 4 bytes that name the key beside its name. Short: they find a key, they prove nothing."""
        return sha256(b"%s\n%c%s" % (self.name.encode(), self.use, self.public)).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.use]) + self.public).decode()}"

    def accepts(self, signature: bytes, message: bytes) -> bool:
        """Say whether the signature is this key's over that message."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):  # ValueError: the bytes are no point of the curve
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key under the name that it signs as."""

    name: str
    use: Use
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> VerifierKey:
        """The public key, as others need it."""
        return VerifierKey(name=self.name, use=self.use, public=self.private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the signature."""
        return self.private.sign(message)


def signing_key(secret: bytes, name: str, *, use: Use = Use.NOTE) -> SigningKey:
    """The key of these 32 secret bytes. Raises ValueError for a name that no key can have."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if not is_name(name):
        raise ValueError("the name of a key is not empty and has neither white space nor a plus sign")
    return SigningKey(name=name, use=use, private=Ed25519PrivateKey.from_private_bytes(secret))


def create_key(folder: Path, secret: bytes) -> None:
    """Write the agent's key of these 32 random bytes into the store's folder. Raises StoreError as for any key."""
    write_key_file(folder / KEY_FILE, secret)


def write_key_file(path: Path, secret: bytes) -> None:
    """Write the private key of these 32 random bytes into a file of its owner's, whole or not at all.

    Raises StoreError when there is one already, or it cannot be written.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    text = Ed25519PrivateKey.from_private_bytes(secret).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, path)
        _sync(path.parent)
    except FileExistsError as error:
        raise StoreError(f"{path}: there is a signing key already") from error
    except OSError as error:
        raise StoreError(f"{path}: the signing key cannot be written ({error.strerror})") from error
    finally:
        with suppress(OSError):
            unfinished.unlink()


def load_key(folder: Path, name: str) -> SigningKey:
    """The agent's key, to sign under that name. Raises StoreError when there is none that only its owner can read."""
    return load_key_file(folder / KEY_FILE, name)


def load_key_file(path: Path, name: str) -> SigningKey:
    """The key in a PEM file, to sign under that name. Raises StoreError when none is there that only its owner can
    read."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(_MOST_FILE_BYTES)
    except OSError as error:
        raise StoreError(f"{path}: the signing key cannot be read ({error.strerror})") from error
    if stat.S_IMODE(mode) & 0o077:
        raise StoreError(f"{path}: others may read the signing key; see who did, then make it yours alone (chmod 600)")
    try:
        private = serialization.load_pem_private_key(text, password=None)
    except (ValueError, TypeError) as error:
        raise StoreError(f"{path}: is no signing key") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise StoreError(f"{path}: is no Ed25519 key")
    return SigningKey(name=name, use=Use.NOTE, private=private)


def is_name(text: str) -> bool:
    """Say whether a key can have that name: not empty, one word, without a plus sign or anything unprintable."""
    return bool(text) and text.isprintable() and " " not in text and "+" not in text


def decoded(text: str) -> bytes:
    """The bytes of standard base64, written in the one way there is. Raises Malformed."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(f"no base64: {visible(text[:100])}") from error
    if base64.b64encode(data).decode() != text:
        raise Malformed(f"base64 that could be written otherwise: {visible(text[:100])}")
    return data


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
