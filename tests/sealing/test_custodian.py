"""Custodians' keys: read back as they were written, closed by a passphrase, never taken for each other."""

from __future__ import annotations

import contextlib
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.errors import ConfigError, InputError, Malformed
from forensics.sealing import hpke
from forensics.sealing.custodian import Custodian, CustodianKey, new_key


def never() -> str:
    raise AssertionError("nobody is to be asked")


def test_a_key_is_read_back_and_opens_and_signs() -> None:
    key = new_key("anna", os.urandom)
    again = CustodianKey.parse(key.text("", os.urandom), never)
    public = Custodian.parse(key.public.text)
    assert again.public == public == key.public
    assert again.unseal(hpke.seal(b"share", public.sealing, b"purpose"), b"purpose") == b"share"
    assert public.signed(again.sign(b"message"), b"message")
    assert not public.signed(again.sign(b"message"), b"other")
    assert not new_key("anna", os.urandom).public.signed(key.sign(b"message"), b"message")


def test_a_passphrase_closes_the_secret() -> None:
    key = new_key("anna", os.urandom)
    text = key.text("correct horse", os.urandom)
    assert b"secret" not in text
    assert CustodianKey.parse(text, lambda: "correct horse").public == key.public
    with pytest.raises(ConfigError, match="passphrase"):
        CustodianKey.parse(text, lambda: "wrong")


def test_a_private_key_is_refused_where_the_public_one_is_wanted() -> None:
    key = new_key("anna", os.urandom)
    with pytest.raises(Malformed, match="private key"):
        Custodian.parse(key.text("", os.urandom))
    with pytest.raises(Malformed):
        CustodianKey.parse(key.public.text, never)


@pytest.mark.parametrize("name", ["", "../x", "a b", ".hidden", "x" * 65, "a/b"])
def test_a_name_that_could_be_a_path_is_none(name: str) -> None:
    with pytest.raises(InputError):
        new_key(name, os.urandom)
    record = {**json.loads(new_key("anna", os.urandom).public.text), "name": name}
    with pytest.raises(Malformed):
        Custodian.parse(json.dumps(record).encode())


def test_work_beyond_reason_is_refused_before_it_is_begun() -> None:
    record = json.loads(new_key("anna", os.urandom).text("x", os.urandom))
    with pytest.raises(Malformed):
        CustodianKey.parse(json.dumps({**record, "n": 1 << 30}).encode(), lambda: "x")


@given(data=st.binary(max_size=200))
def test_any_bytes_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        Custodian.parse(data)
    with pytest.raises(Malformed):
        CustodianKey.parse(data, never)


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=5,
    ),
    field=st.sampled_from(["name", "seal", "sign", "salt", "n", "closed", "secret"]),
)
def test_any_value_in_a_field_is_read_or_malformed(value: object, field: str) -> None:
    key = new_key("anna", os.urandom)
    for text, parse in (
        (key.public.text, Custodian.parse),
        (key.text("", os.urandom), lambda t: CustodianKey.parse(t, str)),
    ):
        changed = json.dumps({**json.loads(text), field: value}).encode()
        with contextlib.suppress(Malformed):
            parse(changed)
