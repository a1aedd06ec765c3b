"""Requests and approvals: two custodians open, in time, what they said yes to, and nothing else."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from forensics.errors import InputError, Malformed
from forensics.sealing.envelope import new_header
from forensics.sealing.request import Approval, Request, approve, object_key
from tests.sealing.people import custodians

NOW = 1_790_000_000.0
KEY, PRIVATE = os.urandom(32), X25519PrivateKey.generate()
PEOPLE = custodians()
REQUEST = Request(
    id="0" * 32,
    subject="A12",
    sha256="ab" * 32,
    size=9,
    reason="the lawyer asked",
    actor="responder",
    host="desk",
    made=NOW,
    until=NOW + 3600,
    key=PRIVATE.public_key().public_bytes_raw(),
    header=new_header("cd" * 32, "ab" * 32, [person.public for person in PEOPLE], KEY, os.urandom),
)
YES = [approve(REQUEST, person, now=NOW + 60) for person in PEOPLE]


def opened(*approvals: Approval, now: float = NOW + 120) -> bytes:
    return object_key(REQUEST, approvals, PRIVATE, now=now)


def test_any_two_custodians_give_the_key_and_files_carry_it() -> None:
    assert Request.parse(REQUEST.text) == REQUEST
    carried = [Approval.parse(yes.text) for yes in YES]
    for one, other in ((0, 1), (1, 2), (2, 0)):
        assert opened(carried[one], carried[other]) == KEY


def test_one_custodian_twice_is_one() -> None:
    again = approve(REQUEST, PEOPLE[0], now=NOW + 90)
    for approvals in ((), (YES[0],), (YES[0], YES[0]), (YES[0], again), tuple(YES)):
        with pytest.raises(InputError, match="two different"):
            opened(*approvals)


def test_after_the_limit_nobody_approves_and_nothing_opens() -> None:
    with pytest.raises(InputError, match="time"):
        approve(REQUEST, PEOPLE[0], now=NOW + 3601)
    with pytest.raises(InputError, match="time"):
        opened(YES[0], YES[1], now=NOW + 3601)


def test_a_longer_limit_or_another_reason_is_another_request() -> None:
    for changed in (replace(REQUEST, until=NOW + 9e9), replace(REQUEST, reason="curiosity"), replace(REQUEST, size=8)):
        with pytest.raises(InputError, match="another request"):
            object_key(changed, YES[:2], PRIVATE, now=NOW + 4000 if changed.until > NOW + 9e8 else NOW)


def test_what_a_custodian_did_not_sign_is_refused() -> None:
    for forged in (
        replace(YES[0], time=NOW + 61),
        replace(YES[0], share=YES[1].share),
        replace(YES[0], number=2),
        replace(YES[0], number=9),
        replace(YES[0], reason="other"),
        replace(YES[0], signature=YES[1].signature),
        replace(YES[0], signature=b""),
    ):
        with pytest.raises(Malformed):
            opened(forged, YES[1])


def test_a_custodian_who_is_told_another_digest_gives_nothing() -> None:
    """A workstation that names harmless content and sends the header of other content gets no share."""
    with pytest.raises(Malformed, match="SHA-256"):
        approve(replace(REQUEST, sha256="ba" * 32), PEOPLE[0], now=NOW)


@pytest.mark.parametrize(
    ("subject", "address"),
    [("person p-abcdefgh", "cd" * 32), ("A12", "person p-ab"), ("person p-a", "person p-b")],
)
def test_content_is_not_approved_as_a_name_nor_one_name_as_another(subject: str, address: str) -> None:
    header = new_header(address, "ab" * 32, [person.public for person in PEOPLE], KEY, os.urandom)
    with pytest.raises(Malformed, match="is not what the request says"):
        approve(replace(REQUEST, subject=subject, header=header), PEOPLE[0], now=NOW + 60)


def test_an_outsider_can_neither_approve_nor_open() -> None:
    (stranger,) = custodians(1)
    with pytest.raises(Malformed, match="not sealed for"):
        approve(REQUEST, stranger, now=NOW)
    with pytest.raises(Malformed):
        object_key(REQUEST, YES[:2], X25519PrivateKey.generate(), now=NOW)


def test_one_approval_and_the_requests_key_are_not_enough() -> None:
    """What the workstation has after the first answer: its guess of the missing share gives another key."""
    guess = replace(YES[1], share=YES[0].share)
    with pytest.raises(Malformed):
        opened(YES[0], guess)


@given(data=st.binary(max_size=100))
def test_any_bytes_are_malformed(data: bytes) -> None:
    for parse in (Request.parse, Approval.parse):
        with pytest.raises(Malformed):
            parse(data)


@given(
    field=st.sampled_from(sorted(json.loads(REQUEST.text))),
    value=st.none() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2) | st.floats(),
)
def test_a_changed_field_is_malformed_or_another_request(field: str, value: object) -> None:
    text = json.dumps({**json.loads(REQUEST.text), field: value}, indent=1).encode() + b"\n"
    try:
        changed = Request.parse(text)
    except Malformed:
        return
    assert changed == REQUEST or changed.digest != REQUEST.digest
