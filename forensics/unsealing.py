"""Opening what is kept: a request from here, two custodians' approvals from elsewhere, every step an entry of the log.

What each party holds, and so can do, is said in `forensics/sealing/README.md`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from forensics.errors import InputError, Malformed
from forensics.model import CustodyEntry
from forensics.pseudonyms import PERSON, is_pseudonym
from forensics.sealing.envelope import Header, opened, read_header
from forensics.sealing.request import Approval, Request, checked, object_key
from forensics.store import people, reader, retention
from forensics.store.requests import Requests
from forensics.store.rows import KeptRow
from forensics.store.unseals import APPROVED, OPENED, REFUSED, REQUESTED, about
from forensics.store.writer import Store

MOST_HOURS = 24 * 31
MOST_REASON = 2000
_HOUR_S = 3600.0


def begin(
    store: Store,
    named: str,
    *,
    reason: str,
    hours: float,
    actor: str,
    host: str,
    now: float,
    random: Callable[[int], bytes],
) -> Request:
    """Ask to open what is kept of a SHA-256 or an alert, or the name of a person, for so many hours from `now` (Unix
    seconds).

    Raises InputError when it names no object or several, StoreError.
    """
    if not reason.strip():
        raise InputError("a request needs a reason")
    if len(reason) > MOST_REASON:
        raise InputError(f"a reason has at most {MOST_REASON} characters")
    if not 0 < hours <= MOST_HOURS:
        raise InputError(f"the time of a request is over 0 and at most {MOST_HOURS} hours")
    subject, row = _object(store, named)
    with store.blobs.open(row.path) as file:
        header = _header(file, row)
    id, until = random(16).hex(), now + hours * _HOUR_S
    Requests(store.folder).sweep(now)
    key = Requests(store.folder).begin(id, until, random)
    request = Request(
        id=id,
        subject=subject,
        sha256=row.sha256,
        size=row.size,
        reason=reason,
        actor=actor,
        host=host,
        made=now,
        until=until,
        key=key,
        header=header,
    )
    note(store, request, REQUESTED, actor, time=now)
    Requests(store.folder).keep(request)
    return request


def bring_out(
    store: Store, request: Request, approvals: Sequence[Approval], *, actor: str, now: float, are_noted: bool = False
) -> Iterator[bytes]:
    """The bytes, once two different custodians approved in time; who, what and why is in the log before the first.

    Approvals that were noted when they were given are not noted again. Raises InputError when it is refused (in the log
    too) or what comes out is not what was kept, StoreError.
    """
    Requests(store.folder).sweep(now)
    try:
        key = object_key(request, approvals, Requests(store.folder).key(request.id), now=now)
        row = _kept(store, request.sha256)
    except (InputError, Malformed) as error:
        note(store, request, REFUSED, actor, said=str(error), time=now)
        raise InputError(f"refused: {error}") from error
    for approval in approvals if not are_noted else ():
        person = checked(request, approval)
        note(store, request, APPROVED, person.name, key=person.fingerprint, time=approval.time)
    note(store, request, OPENED, actor, time=now)
    return _content(store, request, row, key)


def _content(store: Store, request: Request, row: KeptRow, key: bytes) -> Iterator[bytes]:
    digest = hashlib.sha256()
    with store.blobs.open(row.path) as file:
        try:
            for piece in opened(file, header=_header(file, row), key=key):
                digest.update(piece)
                yield piece
        except Malformed as error:
            raise InputError(f"the envelope does not open: {error}") from error
    if digest.hexdigest() != request.sha256:
        raise InputError("what came out is not what was kept: its SHA-256 differs")


def _object(store: Store, named: str) -> tuple[str, KeptRow]:
    """What the log calls it, and the object that is meant."""
    if is_pseudonym(named):
        return f"{PERSON}{named}", _name(store, named)
    connection = reader.open_reader(store.folder)
    try:
        subjects = retention.subjects(connection, named)
        if len(subjects) != 1 or subjects[0].startswith("I"):
            raise InputError(f"{named}: no alert, nor the SHA-256 (8 digits or more) of one kept object")
        digests = retention.kept_of(connection, subjects[0])
        rows = [row for digest in digests if (row := retention.kept(connection, digest)) is not None]
    finally:
        connection.close()
    if not rows:
        raise InputError(f"{named}: nothing is kept of it")
    if len(rows) > 1:
        listed = ", ".join(f"{row.sha256} ({row.size} bytes)" for row in rows)
        raise InputError(f"{named}: several objects are kept; name one by its SHA-256: {listed}")
    return subjects[0], rows[0]


def _kept(store: Store, sha256: str) -> KeptRow:
    connection = reader.open_reader(store.folder)
    try:
        row = retention.kept(connection, sha256)
    finally:
        connection.close()
    row = row or next((each for _, each in people.names(store.folder) if each.sha256 == sha256), None)
    if row is None:
        raise InputError("it is not kept any more")
    return row


def _name(store: Store, person: str) -> KeptRow:
    """The newest envelope of a name."""
    rows = [row for whose, row in people.names(store.folder) if whose == person]
    if not rows:
        raise InputError(f"{person}: no name is kept: there were no two custodians to seal it for, or its time is over")
    return max(rows, key=lambda row: row.added)


def _header(file: BinaryIO, row: KeptRow) -> Header:
    try:
        return read_header(file)
    except Malformed as error:
        raise InputError(f"{row.sha256}: {error}") from error


def note(
    store: Store, request: Request, action: str, actor: str, *, time: float, said: str = "", key: str = ""
) -> None:
    """Add a step of a request to the log: what is `said` first, what it is about, the fingerprint of a custodian."""
    lead = f"{said}; " if said else ""
    trail = f"; key {key}" if key else ""
    detail = f"{lead}{about(request)}{trail}"
    with store.group() as group:
        group.custody(CustodyEntry(actor=actor, action=action, subject=request.subject, detail=detail, time=time))
