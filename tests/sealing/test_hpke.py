"""HPKE: the right key opens, for the right purpose, what was not changed."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from forensics.errors import Malformed
from forensics.sealing.hpke import OVERHEAD_BYTES, seal, unseal

KEY = X25519PrivateKey.generate()
PUBLIC = KEY.public_key().public_bytes_raw()


@given(plain=st.binary(max_size=100), info=st.binary(max_size=20))
def test_what_was_closed_opens_for_its_purpose_alone(plain: bytes, info: bytes) -> None:
    closed = seal(plain, PUBLIC, info)
    assert len(closed) == len(plain) + OVERHEAD_BYTES
    assert unseal(closed, KEY, info) == plain
    for key, purpose in ((X25519PrivateKey.generate(), info), (KEY, info + b"x")):
        with pytest.raises(Malformed):
            unseal(closed, key, purpose)


@pytest.mark.parametrize("public", [b"", b"short", bytes(32)])
def test_nothing_is_sealed_for_what_is_no_key(public: bytes) -> None:
    """The zero point would give everybody the same secret."""
    with pytest.raises(Malformed):
        seal(b"plain", public, b"")
