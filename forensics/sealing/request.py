"""A request to open one object, and what two custodians answer: two small files that travel between machines.

The request names the object, who asks, why and until when, and brings the header of the envelope and a public key made
for this request alone. An approval is one custodian's share, sealed anew for that key and bound to the request's bytes;
the custodian signs it together with reason and limit. Both are JSON.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from forensics.errors import InputError, Malformed
from forensics.pseudonyms import PERSON
from forensics.sealing import hpke, shares
from forensics.sealing.custodian import Custodian, CustodianKey
from forensics.sealing.envelope import KEY_BYTES, Header

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

MOST_BYTES = 1 << 19
_REQUEST, _APPROVAL = "unseal request", "unseal approval"
_HEX = re.compile(r"[0-9a-f]{32,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who wants to open what, why and until when (Unix seconds); `key` is the public key of this request."""

    id: str
    subject: str
    sha256: str
    size: int
    reason: str
    actor: str
    host: str
    made: float
    until: float
    key: bytes
    header: Header

    @property
    def text(self) -> bytes:
        """The file; every field stands in it, so that an approval of these bytes is one of all of them."""
        fields = {name: getattr(self, name) for name in _PLAIN}
        packed = base64.b64encode(self.header.packed).decode()
        return _text({"earwitness": _REQUEST, **fields, "key": self.key.hex(), "header": packed})

    @property
    def digest(self) -> str:
        """What approvals name it by."""
        return hashlib.sha256(self.text).hexdigest()

    @classmethod
    def parse(cls, data: bytes) -> Request:
        """Read a request. Raises Malformed."""
        record = _record(data, _REQUEST)
        try:
            fields: dict[str, Any] = {name: kind(record[name]) for name, kind in _PLAIN.items()}
            packed = base64.b64decode(record["header"], validate=True)
            request = cls(**fields, key=bytes.fromhex(record["key"]), header=Header.parse(packed))
        except (LookupError, ValueError, TypeError, OverflowError) as error:
            raise Malformed("the request cannot be read") from error
        if not (math.isfinite(request.made) and math.isfinite(request.until)):
            raise Malformed("the request has no limit")
        if request.text != data or not (_HEX.fullmatch(request.id) and _HEX.fullmatch(request.sha256)):
            raise Malformed("the request cannot be read")
        return request


_PLAIN: Mapping[str, type[str] | type[int] | type[float]] = {
    "id": str,
    "subject": str,
    "sha256": str,
    "size": int,
    "reason": str,
    "actor": str,
    "host": str,
    "made": float,
    "until": float,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One custodian's yes to one request: `share` is for the request's key, `number` says which it is."""

    request: str
    sha256: str
    custodian: str
    number: int
    reason: str
    until: float
    time: float
    share: bytes
    signature: bytes = b""

    @property
    def message(self) -> bytes:
        """What is signed."""
        return _text(self._record())

    @property
    def text(self) -> bytes:
        """The file."""
        return _text({**self._record(), "signature": self.signature.hex()})

    @classmethod
    def parse(cls, data: bytes) -> Approval:
        """Read an approval; nothing of it is believed yet. Raises Malformed."""
        record = _record(data, _APPROVAL)
        try:
            return cls(
                request=str(record["request"]),
                sha256=str(record["sha256"]),
                custodian=str(record["custodian"]),
                number=int(record["number"]),
                reason=str(record["reason"]),
                until=float(record["until"]),
                time=float(record["time"]),
                share=bytes.fromhex(record["share"]),
                signature=bytes.fromhex(record["signature"]),
            )
        except (LookupError, ValueError, TypeError, OverflowError) as error:
            raise Malformed("the approval cannot be read") from error

    def _record(self) -> dict[str, Any]:
        plain = ("request", "sha256", "custodian", "number", "reason", "until", "time")
        return {
            "earwitness": _APPROVAL,
            **{name: getattr(self, name) for name in plain},
            "share": self.share.hex(),
        }


def approve(request: Request, key: CustodianKey, *, now: float) -> Approval:
    """Open this custodian's share and seal it for the request.

    Raises InputError when the time is over, Malformed when the object is not sealed for this custodian, or is not the
    one whose digest, or the name whose pseudonym, the request says: who approves knows what.
    """
    if now > request.until:
        raise InputError("the time of this request is over")
    says = {request.subject, request.header.address}
    if len(says) > 1 and any(each.startswith(PERSON) for each in says):
        raise Malformed("what is sealed there is not what the request says: the name of a person, or content")
    number = request.header.number_of(key.public)
    try:
        share = key.unseal(request.header.shares[number - 1], request.header.purpose(number, request.sha256))
    except Malformed as error:
        raise Malformed("what is sealed there is not the object whose SHA-256 the request names") from error
    approval = Approval(
        request=request.digest,
        sha256=request.sha256,
        custodian=key.public.name,
        number=number,
        reason=request.reason,
        until=request.until,
        time=now,
        share=hpke.seal(share, request.key, _purpose(request, number)),
    )
    return _signed(approval, key)


def object_key(request: Request, approvals: Sequence[Approval], private: X25519PrivateKey, *, now: float) -> bytes:
    """The object's key from two custodians' approvals.

    Raises InputError when the time is over or the approvals do not suffice, Malformed when one is not what its
    custodian signed.
    """
    if now > request.until:
        raise InputError("the time of this request is over")
    for approval in approvals:
        checked(request, approval)
    if len({approval.number for approval in approvals}) != shares.THRESHOLD or len(approvals) != shares.THRESHOLD:
        raise InputError("the approvals of two different custodians are needed")
    parts = {each.number: hpke.unseal(each.share, private, _purpose(request, each.number)) for each in approvals}
    if any(len(part) != KEY_BYTES for part in parts.values()):
        raise Malformed("a share has another length than a key")
    return shares.joined(parts)


def checked(request: Request, approval: Approval) -> Custodian:
    """Who approved. Raises InputError for an approval of another request, Malformed for one that nobody signed."""
    if approval.request != request.digest:
        raise InputError(f"the approval in the name of {approval.custodian} is of another request")
    if not 1 <= approval.number <= len(request.header.custodians):
        raise Malformed("the approval names a share that there is not")
    person = request.header.custodians[approval.number - 1]
    says = (approval.custodian, approval.sha256, approval.reason, approval.until)
    if says != (person.name, request.sha256, request.reason, request.until):
        raise Malformed(f"the approval in the name of {approval.custodian} says other than the request")
    if not person.signed(approval.signature, approval.message):
        raise Malformed(f"the approval was not signed by {person.name}")
    return person


def _signed(approval: Approval, key: CustodianKey) -> Approval:
    return replace(approval, signature=key.sign(approval.message))


def _purpose(request: Request, number: int) -> bytes:
    return f"earwitness approval 1\0{request.digest}:{number}".encode()


def _text(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, indent=1).encode() + b"\n"


def _record(data: bytes, kind: str) -> dict[str, Any]:
    try:
        record = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"is no {kind}") from error
    if not isinstance(record, dict) or record.get("earwitness") != kind:
        raise Malformed(f"is no {kind}")
    return record
