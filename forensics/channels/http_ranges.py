"""Where a body belongs in something larger: ranges (RFC 9110, section 14) and resumable uploads.

Those are tus 1.0 (tus.io), the IETF's draft-ietf-httpbis-resumable-upload, and uploads by PUT with Content-Range.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from urllib.parse import urljoin

from forensics.channels.headers import NAME_LIMIT, Headers, text
from forensics.channels.http_messages import LENGTH_LIMIT, Message

_RANGE = re.compile(r"\s*bytes[ =]+(\d{1,17})-(\d{1,17})/(\d{1,17}|\*)\s*", re.IGNORECASE | re.ASCII)
_UPLOADS = ("POST", "PUT", "PATCH")

Key = tuple[str, ...]
"""What pieces of one thing have in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """A body's place: it begins at `start` of something `total` bytes long, -1 where that is not known."""

    key: Key
    start: int
    total: int = -1
    is_last: bool = False
    """Whether the whole ends where this body does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What was said of an upload when it was created."""

    name: str = ""
    total: int = -1
    media_type: str = ""


def extent_of_answer(answer: Message, part: Headers, *, client: str, uri: str) -> Extent | None:
    """The place of the body or part whose fields are `part`; None where it is not a piece.

    Pieces of different versions of a thing are told apart by their validators.
    """
    found = _content_range(part.get("content-range")) if answer.status == 206 else None
    if found is None:
        return None
    start, total = found
    version = answer.headers.get("etag") or answer.headers.get("last-modified")
    encoding = answer.headers.get("content-encoding")
    return Extent(key=("down", client, _address(uri), version, encoding, str(total)), start=start, total=total)


def extent_of_request(request: Message, *, client: str, uri: str, flow: str) -> Extent | None:
    """The place of a request's body in what is uploaded; None where the body is all there is."""
    headers = request.headers
    if request.method not in _UPLOADS:
        return None
    offset, total = _number(headers.get("upload-offset")), _number(headers.get("upload-length"))
    if offset >= 0:
        return Extent(key=upload_key(client, uri), start=offset, total=total, is_last=_completes(headers))
    if is_creation(request):
        return Extent(key=creation_key(flow, request), start=0, total=total, is_last=_completes(headers))
    if found := _content_range(headers.get("content-range")):
        return Extent(key=upload_key(client, uri), start=found[0], total=found[1])
    return None


def is_creation(request: Message) -> bool:
    """Say whether a request begins a resumable upload whose address the answer will give."""
    fields = ("upload-length", "upload-defer-length", "upload-complete", "upload-incomplete")
    return request.method in _UPLOADS and any(request.headers.get(field) for field in fields)


def creation_key(flow: str, request: Message) -> Key:
    """What an upload goes by until its address is known."""
    return "up", flow, str(request.offset)


def upload_key(client: str, uri: str) -> Key:
    """What an upload to an address goes by."""
    return "up", client, _address(uri)


def location_of(answer: Message, uri: str) -> str:
    """The address an answer names, empty where it names none."""
    location = answer.headers.get("location")
    try:
        return urljoin(uri, location) if location else ""
    except ValueError:
        return ""


def promise_of(message: Message) -> Promise:
    """What a creation, or an answer to a question about it, says of an upload."""
    said = _metadata(message.headers.get("upload-metadata"))
    name = said.get("filename") or said.get("name") or ""
    if not name and message.headers.get("content-disposition"):
        name = message.headers.file_name
    return Promise(
        name=name[:NAME_LIMIT],
        total=_number(message.headers.get("upload-length")),
        media_type=(said.get("filetype") or said.get("type") or "").lower(),
    )


def _metadata(value: str) -> dict[str, str]:
    """The pairs of Upload-Metadata: a key and a value in base64, between commas."""
    said: dict[str, str] = {}
    for pair in value.split(",")[:64]:
        key, _, coded = pair.strip().partition(" ")
        try:
            said[key.lower()] = text(base64.b64decode(coded.strip()))
        except (binascii.Error, ValueError):
            continue
    return said


def _content_range(value: str) -> tuple[int, int] | None:
    """Start and total, -1 where that is not said; None where it makes no sense."""
    found = _RANGE.fullmatch(value)
    if not found:
        return None
    start, end = int(found[1]), int(found[2]) + 1
    total = -1 if found[3] == "*" else int(found[3])
    if start >= end or end > LENGTH_LIMIT or 0 <= total < end or total > LENGTH_LIMIT:
        return None
    return start, total


def _completes(headers: Headers) -> bool:
    return headers.get("upload-complete") == "?1" or headers.get("upload-incomplete") == "?0"


def _number(value: str) -> int:
    """A number of bytes, -1 where there is none."""
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 18 else -1
    return number if number <= LENGTH_LIMIT else -1


def _address(uri: str) -> str:
    """An address without its scheme, which is not the same on both sides of a proxy."""
    return uri.partition("://")[2].partition("#")[0] or uri
