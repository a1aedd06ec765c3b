"""Requests to open content that wait in the store: asked by one person, approved or declined by another, then opened.

Who asked may not approve what they asked for. Two different custodians' shares are needed as ever: who asks and is a
custodian can give theirs with the request, and then one other person is enough. Every step is an entry of the log.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from forensics.errors import InputError, Malformed
from forensics.sealing import keyfiles
from forensics.sealing.custodian import CustodianKey
from forensics.sealing.request import MOST_BYTES, Approval, Request, checked
from forensics.sealing.request import approve as approve_request
from forensics.store.requests import Requests
from forensics.store.unseals import APPROVED, DECLINED, REFUSED, WITHDRAWN
from forensics.store.writer import Store
from forensics.unsealing import begin, bring_out, note

Signing = Callable[[Request], Approval]
"""How somebody approves a request."""


def signing(path: Path, passphrase: Callable[[], str], *, now: float) -> Signing:
    """Approve with a custodian's private key file, or hand in what it approved elsewhere: `path` is one or the other.

    Raises InputError, ConfigError for a key that others can read or a wrong passphrase.
    """

    def sign(request: Request) -> Approval:
        try:
            return Approval.parse(keyfiles.read(path, most_bytes=MOST_BYTES))
        except Malformed:
            data = keyfiles.read(path, is_secret=True)
        try:
            return approve_request(request, CustodianKey.parse(data, passphrase), now=now)
        except Malformed as error:
            raise InputError(f"{path}: {error}") from error

    return sign


def ask(
    store: Store,
    named: str,
    *,
    reason: str,
    hours: float,
    actor: str,
    host: str,
    now: float,
    random: Callable[[int], bytes],
    own: Signing | None = None,
) -> Request:
    """Ask as `begin` does; `own` gives the share of a custodian who asks. Raises InputError, StoreError."""
    request = begin(store, named, reason=reason, hours=hours, actor=actor, host=host, now=now, random=random)
    if own is not None:
        try:
            _take(store, request, own, actor=actor, now=now)
        except Exception as error:
            decline(store, request.id, reason=f"no share of who asks: {error}", actor=actor, now=now)
            raise
    return request


def approve(store: Store, id: str, sign: Signing, *, actor: str, now: float) -> Request:
    """Approve a request that waits. Raises InputError, also for who asked (noted) and for a second yes of one key."""
    request = Requests(store.folder).request(id)
    if actor == request.actor:
        said = "who asked cannot approve"
        note(store, request, REFUSED, actor, said=said, time=now)
        raise InputError(f"{said}; somebody else has to")
    _take(store, request, sign, actor=actor, now=now)
    return request


def decline(store: Store, id: str, *, reason: str, actor: str, now: float) -> Request:
    """Say no to a request, or withdraw it as who asked; it ends with that. Raises InputError."""
    if not reason.strip():
        raise InputError("a no needs a reason")
    request = Requests(store.folder).request(id)
    action = WITHDRAWN if actor == request.actor else DECLINED
    note(store, request, action, actor, said=reason.strip(), time=now)
    Requests(store.folder).end(request.id)
    return request


def bring(store: Store, id: str, *, actor: str, now: float) -> Iterator[bytes]:
    """The bytes of a request that two custodians approved here, for who asked and nobody else.

    Raises InputError when it is refused (in the log too), StoreError.
    """
    request = Requests(store.folder).request(id)
    if actor != request.actor:
        said = "only who asked may open it"
        note(store, request, REFUSED, actor, said=said, time=now)
        raise InputError(f"refused: {said}")
    return bring_out(store, request, Requests(store.folder).approvals(request.id), actor=actor, now=now, are_noted=True)


def write_out(path: Path, pieces: Iterable[bytes]) -> None:
    """Write what came out whole, for its owner alone, or nothing. Raises InputError, also where a file is already."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    try:
        with open(descriptor, "wb") as file:
            file.writelines(pieces)
    except BaseException:
        path.unlink()
        raise


def _take(store: Store, request: Request, sign: Signing, *, actor: str, now: float) -> None:
    """Keep an approval that holds, once it is noted."""
    if now > request.until:
        raise InputError("the time of this request is over")
    approval = sign(request)
    try:
        person = checked(request, approval)
    except Malformed as error:
        raise InputError(str(error)) from error
    kept = Requests(store.folder)
    if approval.number in {each.number for each in kept.approvals(request.id)}:
        raise InputError(f"{person.name} has approved it already; another custodian has to")
    note(store, request, APPROVED, person.name, said=f"entered by {actor}", key=person.fingerprint, time=now)
    kept.add(request.id, approval)
