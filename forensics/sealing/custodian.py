"""Custodians: people named to open kept content, two at a time, each with a key pair of their own.

One secret of 32 bytes gives both keys (HKDF-SHA256): X25519, for which shares are sealed, and Ed25519, which signs what
its holder approves. The secret lies in a file on the custodian's own machine, closed by a passphrase (scrypt,
RFC 7914, and AES-256-GCM) unless they chose otherwise. The workstation is given the public file alone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forensics.errors import ConfigError, InputError, Malformed
from forensics.sealing import hpke

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

PUBLIC, PRIVATE = "custodian", "custodian key"
SECRET_BYTES = 32
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SCRYPT = {"n": 1 << 17, "r": 8, "p": 1}
"""128 MiB and some tenths of a second."""
_PERMITTED = {"n": 1 << 20, "r": 16, "p": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Custodian:
    """What everybody may know of one: the name, and the two public keys of 32 bytes."""

    name: str
    sealing: bytes
    signing: bytes

    @property
    def fingerprint(self) -> str:
        """A name for the keys, to be compared by people over another way than the file came."""
        return hashlib.sha256(self.sealing + self.signing).hexdigest()[:32]

    @property
    def record(self) -> dict[str, str]:
        """As it stands in files."""
        return {"name": self.name, "seal": self.sealing.hex(), "sign": self.signing.hex()}

    @property
    def text(self) -> bytes:
        """The public file."""
        return _text({"earwitness": PUBLIC, **self.record})

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Custodian:
        """Read what `record` gave. Raises Malformed."""
        try:
            one = cls(name=record["name"], sealing=bytes.fromhex(record["seal"]), signing=bytes.fromhex(record["sign"]))
        except (LookupError, ValueError, TypeError) as error:
            raise Malformed("the keys of a custodian cannot be read") from error
        if not is_name(one.name) or len(one.sealing) != SECRET_BYTES or len(one.signing) != SECRET_BYTES:
            raise Malformed("the keys of a custodian cannot be read")
        return one

    @classmethod
    def parse(cls, text: bytes) -> Custodian:
        """Read a public file. Raises Malformed, also for a private one: that has no place where this is read."""
        record = _record(text)
        if record.get("earwitness") == PRIVATE:
            raise Malformed("is a private key; only the public file (.pub) is wanted here")
        if record.get("earwitness") != PUBLIC:
            raise Malformed("is no public key of a custodian")
        return cls.from_record(record)

    def signed(self, signature: bytes, message: bytes) -> bool:
        """Say whether that is this custodian's signature over the message."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.signing).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class CustodianKey:
    """A custodian's private keys."""

    def __init__(self, name: str, secret: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

        self._name, self._secret = name, secret
        self._sealing: X25519PrivateKey = X25519PrivateKey.from_private_bytes(_derived(secret, b"seal"))
        self._signing: Ed25519PrivateKey = Ed25519PrivateKey.from_private_bytes(_derived(secret, b"sign"))
        self.public = Custodian(
            name=name,
            sealing=self._sealing.public_key().public_bytes_raw(),
            signing=self._signing.public_key().public_bytes_raw(),
        )

    def unseal(self, sealed: bytes, info: bytes) -> bytes:
        """Open what was sealed for this custodian. Raises Malformed."""
        return hpke.unseal(sealed, self._sealing, info)

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the signature."""
        return self._signing.sign(message)

    def text(self, passphrase: str, random: Callable[[int], bytes]) -> bytes:
        """The private file; with an empty passphrase the secret stands in it as it is."""
        record: dict[str, Any] = {"earwitness": PRIVATE, "name": self._name}
        if not passphrase:
            return _text({**record, "secret": self._secret.hex()})
        salt = random(16)
        closed = _closing(passphrase, salt, _SCRYPT).encrypt(bytes(12), self._secret, self._name.encode())
        return _text({**record, "salt": salt.hex(), **_SCRYPT, "closed": closed.hex()})

    @classmethod
    def parse(cls, text: bytes, ask: Callable[[], str]) -> CustodianKey:
        """Read a private file; `ask` is called for the passphrase where there is one.

        Raises Malformed when it is none, ConfigError when the passphrase is wrong.
        """
        from cryptography.exceptions import InvalidTag

        record = _record(text)
        if record.get("earwitness") != PRIVATE or not is_name(record.get("name")):
            raise Malformed("is no private key of a custodian")
        try:
            if "secret" in record:
                return cls(record["name"], bytes.fromhex(record["secret"]))
            salt, closed = bytes.fromhex(record["salt"]), bytes.fromhex(record["closed"])
            cost = {name: int(record[name]) for name in _SCRYPT}
            if any(cost[name] > most for name, most in _PERMITTED.items()):
                raise ValueError("more work than is permitted")
            opened = _closing(ask(), salt, cost).decrypt(bytes(12), closed, record["name"].encode())
            return cls(record["name"], opened)
        except InvalidTag as error:
            raise ConfigError("the passphrase is wrong, or the file was changed") from error
        except (LookupError, ValueError, TypeError, OverflowError) as error:
            raise Malformed("is no private key of a custodian that can be read") from error


def is_name(name: object) -> bool:
    """Say whether a custodian can be called that: it names a file."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def new_key(name: str, random: Callable[[int], bytes]) -> CustodianKey:
    """A new key of 32 random bytes. Raises InputError for a name that is none."""
    if not is_name(name):
        raise InputError(f"{name}: a custodian's name has 1 to 64 of A-Z a-z 0-9 . _ - and begins with none of . _ -")
    return CustodianKey(name, random(SECRET_BYTES))


def _closing(passphrase: str, salt: bytes, cost: Mapping[str, int]) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return AESGCM(Scrypt(salt=salt, length=32, **cost).derive(passphrase.encode("utf-8", "surrogateescape")))


def _derived(secret: bytes, purpose: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    if len(secret) != SECRET_BYTES:
        raise ValueError("the secret is of another length")
    return HKDF(SHA256(), 32, salt=None, info=b"earwitness custodian 1\0" + purpose).derive(secret)


def _text(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, indent=1).encode() + b"\n"


def _record(text: bytes) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("is no key of a custodian") from error
    if not isinstance(record, dict):
        raise Malformed("is no key of a custodian")
    return record
