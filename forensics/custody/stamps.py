"""Time stamps of RFC 3161: an authority that is none of ours says that a signed head was there at its time.

A stamp is taken over the SHA-256 of the head's note. What the authority answered is kept as it came, for others check
it with tools of their own (`openssl ts -verify`). That the signer's certificate is named inside the signature too
(RFC 5816) is not checked here; OpenSSL does.
"""

from __future__ import annotations

import http.client
import time
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from forensics.custody.notes import Note
from forensics.errors import Malformed
from forensics.text_safety import visible

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

MOST_ANSWER_BYTES: Final = 1 << 18
_SEQUENCE, _CERTIFICATES = 0x30, 0xA0
_GRANTED: Final = 0
_SHA256: Final = bytes.fromhex("300d06096086480165030402010500")
"""The AlgorithmIdentifier of SHA-256 in DER."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What an authority vouches for: when (seconds since 1970, UTC), who it is, under which policy and number."""

    time: float
    authority: str
    policy: str
    serial: int


def stamped(note: Note) -> bytes:
    """What of a signed head is stamped: its text and the log's own signature, whoever cosigns it later."""
    origin = note.text.partition("\n")[0]
    own = tuple(signature for signature in note.signatures if signature.name == origin)
    return str(replace(note, signatures=own)).encode()


def request(data: bytes, *, nonce: int) -> bytes:
    """The request for a stamp over these bytes (RFC 3161 section 2.4.1), DER.

    It tells the authority their SHA-256 and nothing else. `nonce` is a random number of 64 bits: an answer that
    names it is no old one.
    """
    imprint = _der(_SEQUENCE, _SHA256 + _der(0x04, sha256(data).digest()))
    return _der(_SEQUENCE, b"\2\1\1" + imprint + _der(0x02, _integer(nonce)) + b"\1\1\xff")


def ask(url: str, asked: bytes, *, timeout_s: float) -> bytes:
    """Send a request to an authority over HTTP and return its answer, unread.

    Raises OSError when there is no answer now, for any reason: the request can be sent again later. `timeout_s` is how
    long each step may take, and all of the answer's body together.
    """
    if not url.startswith(("http://", "https://")):
        raise OSError("the address of a time-stamp authority begins with http:// or https://")
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    sent = urllib.request.Request(url, data=asked, headers=headers, method="POST")  # noqa: S310 - looked at above
    opener = urllib.request.OpenerDirector()  # follows no redirections, opens no files
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    try:
        with opener.open(sent, timeout=timeout_s) as answer:
            return _read(answer, deadline=time.monotonic() + timeout_s)
    except http.client.HTTPException as error:
        raise OSError(f"the time-stamp authority does not speak HTTP ({type(error).__name__})") from error


def check(answer: bytes, data: bytes, *, roots: Iterable[bytes], nonce: int | None = None) -> Stamp:
    """Hold an answer against the data that was to be stamped and return what it vouches for.

    `roots` are the certificates (PEM, one or more in each) that are trusted; the signer's must have been valid at the
    time of the stamp. Pass the request's `nonce` when the answer has just come. Raises Malformed when the answer is
    none, is a refusal, is over something else, or is not signed by whom it should be.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    odd = (x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, UnsupportedAlgorithm)
    try:
        response = decode_timestamp_response(_with_ordered_certificates(answer))
        if response.status != _GRANTED:
            raise Malformed(f"the authority granted no stamp: {visible(' '.join(response.status_string))[:200]}")
        trusted = [found for text in roots for found in x509.load_pem_x509_certificates(text)]
        verifier = VerifierBuilder(roots=trusted, nonce=nonce).build()
        verifier.verify_message(response, data)
        signer = _signer(response)
        info = response.tst_info
        return Stamp(
            time=info.gen_time.timestamp(),
            authority=visible(signer.subject.rfc4514_string()),
            policy=info.policy.dotted_string,
            serial=info.serial_number,
        )
    except VerificationError as error:
        raise Malformed(f"the stamp does not hold: {visible(str(error))}") from error
    except (ValueError, *odd) as error:
        raise Malformed(f"no answer of a time-stamp authority: {visible(str(error))[:200]}") from error


def _signer(response: TimeStampResponse) -> Certificate:
    """The certificate of who signed; the verifier has found it before."""
    from cryptography import x509

    signers = {(signer.issuer, signer.serial_number) for signer in response.signed_data.signer_infos}
    for data in response.signed_data.certificates:
        found = x509.load_der_x509_certificate(data)
        if (found.issuer, found.serial_number) in signers:
            return found
    raise Malformed("the stamp does not hold: it names a signer whose certificate is not in it")


def _read(answer: http.client.HTTPResponse, *, deadline: float) -> bytes:
    data = b""
    while piece := answer.read1(MOST_ANSWER_BYTES):
        data += piece
        if len(data) > MOST_ANSWER_BYTES:
            raise OSError(f"the time-stamp authority answered more than {MOST_ANSWER_BYTES} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError("the time-stamp authority answered too slowly")
    return data


def _with_ordered_certificates(answer: bytes) -> bytes:
    """The answer with its certificates in the order that DER wants of a set.

    Authorities put the signer's first, and what reads the answer refuses that. The certificates stand outside of what
    is signed, and their order says nothing, so that the stamp holds as well in the other order.
    """
    _, start, end = _element(answer, 0, len(answer))
    token = _children(answer, start, end)[1:]  # after the status
    if not token:
        return answer
    _, content = _children(answer, *token[0][1:])  # after the type
    (signed,) = _children(answer, *content[1:])
    for tag, start, end in _children(answer, *signed[1:]):
        if tag == _CERTIFICATES:
            members, place = [], start
            while place < end:
                _, _, after = _element(answer, place, end)
                members.append(answer[place:after])
                place = after
            return answer[:start] + b"".join(sorted(members)) + answer[end:]
    return answer


def _children(data: bytes, start: int, end: int) -> list[tuple[int, int, int]]:
    """The elements between two places: tag, begin and end of their contents."""
    found = []
    while start < end:
        found.append(_element(data, start, end))
        start = found[-1][2]
    return found


def _element(data: bytes, place: int, end: int) -> tuple[int, int, int]:
    """The element at a place: tag, begin and end of its contents. Raises ValueError when it reaches beyond `end`."""
    if place + 2 > end:
        raise ValueError("an element of DER is cut off")
    size, start = data[place + 1], place + 2
    if size >= 0x80:
        start += size & 0x7F
        size = int.from_bytes(data[place + 2 : start], "big")
    if start + size > end:
        raise ValueError("an element of DER is cut off")
    return data[place], start, start + size


def _der(tag: int, content: bytes) -> bytes:
    """An element of DER with less than 128 bytes of content."""
    return bytes([tag, len(content)]) + content


def _integer(value: int) -> bytes:
    """The content of a DER integer that is not negative."""
    return value.to_bytes(value.bit_length() // 8 + 1, "big")
