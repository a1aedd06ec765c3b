"""HPKE (RFC 9180): who holds a public key can close, and only who holds the private one can open.

X25519, HKDF-SHA256 and AES-128-GCM, one message each; 48 bytes longer than what is closed. `info` binds a message to
its purpose: with other `info` it does not open. Who closed it is not told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forensics.errors import Malformed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.hpke import Suite

OVERHEAD_BYTES = 48


def seal(plain: bytes, public: bytes, info: bytes) -> bytes:
    """Close bytes for the 32 bytes of a public key. Raises Malformed when these are none."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

    try:
        return _suite().encrypt(plain, X25519PublicKey.from_public_bytes(public), info=info)
    except ValueError as error:
        raise Malformed("no X25519 key to seal for") from error


def unseal(sealed: bytes, private: X25519PrivateKey, info: bytes) -> bytes:
    """Open what was closed for that key. Raises Malformed when it was changed, or is for another key or purpose."""
    from cryptography.exceptions import InvalidTag

    try:
        return _suite().decrypt(sealed, private, info=info)
    except (InvalidTag, ValueError) as error:
        raise Malformed("what is sealed was changed, or is for another key or purpose") from error


def _suite() -> Suite:
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
