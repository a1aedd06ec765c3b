"""Keys and seals: only the right key opens, only what was not changed, and only for the clip it was sealed to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.errors import ConfigError, InputError, Malformed
from forensics.register.sealing import PrivateKey, make_key_pair, read_public_key, seal

CLIP = "a" * 64


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "responder.key"
    make_key_pair(path)
    return path


def test_what_is_sealed_opens_with_the_private_key_alone(key_file: Path) -> None:
    public, private = read_public_key(key_file.with_name("responder.key.pub")), PrivateKey.read(key_file)
    assert private.public == public
    sealed = seal(b"speech", public, CLIP)
    assert private.unseal(sealed, CLIP) == b"speech"
    assert seal(b"speech", public, CLIP) != sealed
    other = key_file.with_name("other.key")
    make_key_pair(other)
    with pytest.raises(Malformed):
        PrivateKey.read(other).unseal(sealed, CLIP)
    with pytest.raises(Malformed):
        private.unseal(sealed, "b" * 64)


@given(at=st.integers(0, 53), change=st.integers(1, 255))
def test_one_changed_byte_is_noticed(key_file: Path, at: int, change: int) -> None:
    private = PrivateKey.read(key_file)
    sealed = bytearray(seal(b"speech", private.public, CLIP))
    sealed[at] ^= change
    with pytest.raises(Malformed):
        private.unseal(bytes(sealed), CLIP)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_malformed(key_file: Path, data: bytes) -> None:
    with pytest.raises(Malformed):
        PrivateKey.read(key_file).unseal(data, CLIP)


def test_keys_are_their_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "k"
    make_key_pair(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(InputError, match="already"):
        make_key_pair(path)
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        PrivateKey.read(path)


def test_what_is_no_key_is_said(tmp_path: Path) -> None:
    path = tmp_path / "k"
    public = make_key_pair(path)
    with pytest.raises(ConfigError, match="private key"):
        read_public_key(path)
    public.chmod(0o600)
    with pytest.raises(ConfigError):
        PrivateKey.read(public)
    for text in (b"", b"no key", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"):
        (tmp_path / "bad").write_bytes(text)
        os.chmod(tmp_path / "bad", 0o600)
        with pytest.raises(ConfigError, match="bad"):
            read_public_key(tmp_path / "bad")
        with pytest.raises(ConfigError, match="bad"):
            PrivateKey.read(tmp_path / "bad")
    with pytest.raises(InputError):
        PrivateKey.read(tmp_path / "none")
    with pytest.raises(InputError):
        PrivateKey.read(tmp_path)
