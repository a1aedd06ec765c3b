"""Says what bytes are: libmagic first, then our own corrections. Bytes count before names."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

from forensics.content import Content
from forensics.errors import Malformed
from forensics.formats import audio_frames, signatures, text_encoding, text_shapes
from forensics.formats.zip_directory import read_directory

HEAD_BYTES = 1 << 16
EMPTY = "application/x-empty"
UNKNOWN = "application/octet-stream"
_LOCAL = threading.local()
_ALIASES = {
    "inode/x-empty": EMPTY,
    "audio/x-wav": "audio/wav",
    "audio/x-m4a": "audio/mp4",
    "audio/x-flac": "audio/flac",
    "audio/x-hx-aac-adts": "audio/aac",
    "audio/x-hx-aac-adif": "audio/aac",
    "audio/x-aiff": "audio/aiff",
    "application/ogg": "audio/ogg",
    "application/x-gzip": "application/gzip",
    "application/x-rar": "application/vnd.rar",
    "application/x-zstd": "application/zstd",
    "application/cdfv2": "application/x-ole-storage",
    "application/msword": "application/x-ole-storage",
    "application/vnd.ms-outlook": "application/x-ole-storage",
    "application/vnd.ms-excel": "application/x-ole-storage",
    "application/vnd.ms-powerpoint": "application/x-ole-storage",
    "application/vnd.ms-office": "application/x-ole-storage",
    "application/encrypted": "application/x-ole-storage",
}
_CONTENT_TYPES = b"[Content_Types].xml"
_OPEN_XML = "application/vnd.openxmlformats-officedocument."
_ZIP_NAMES = (
    (b"word/", _OPEN_XML + "wordprocessingml.document"),
    (b"xl/", _OPEN_XML + "spreadsheetml.sheet"),
    (b"ppt/", _OPEN_XML + "presentationml.presentation"),
)
_HEADERLESS = {"g722": "audio/g722", "gsm": "audio/gsm", "ul": "audio/x-mulaw", "al": "audio/x-alaw"}
_TEXT_LIKE_MEDIA = (b"#!SILK", b"NIST_1A", b"#!AMR")
_CERTAIN = frozenset(("application/gzip", "application/zip"))
"""What our own signature settles: libmagic, which takes its time, says the same of it or is not believed."""
_WEAK = (UNKNOWN, "text/", "application/json", "application/csv", "application/x-ndjson", "application/javascript")


def media_type(content: Content, name: str) -> str:
    """The media type of content, in lower case without parameters; never raises.

    Office and e-book packages are told from plain zips, translation formats from plain text. Empty content is
    `application/x-empty`, unknown bytes are `application/octet-stream`.
    """
    try:
        head = content.head(HEAD_BYTES)
    except Exception:  # noqa: BLE001 - typing never ends an analysis
        return UNKNOWN
    if not head:
        return EMPTY
    try:
        return _type_of(head, content, name)
    except Exception:  # noqa: BLE001
        return UNKNOWN


def load() -> None:
    """Load libmagic for this thread now; to look for it a program is started, which a worker may not once it is caged.

    Where it is not installed, types are told by our own signatures as far as they go.
    """
    with suppress(Exception):
        _magic()


def _type_of(head: bytes, content: Content, name: str) -> str:
    encoding = text_encoding.encoding_of(head)
    if encoding is not None and not head.startswith(_TEXT_LIKE_MEDIA):
        return text_shapes.text_type(head.decode(encoding, "replace"), name)
    known = signatures.identify(head)
    if known is not None and known.media_type.startswith(("audio/", "video/mp2t", "video/x-nut", "video/x-wtv")):
        return known.media_type
    if known is None and text_shapes.is_mail_head(head):
        return "message/rfc822"
    return _container_type(head, content, known.media_type if known else "", name)


def _container_type(head: bytes, content: Content, known: str, name: str) -> str:
    """libmagic and our own signatures together; libmagic's vague answers give way."""
    guess = known if known in _CERTAIN else _libmagic(head)
    if "application/zip" in (guess, known):
        return _zip_type(head, content)
    if known and (known == "application/x-tar" or guess.startswith((UNKNOWN, "text/", "application/x-"))):
        return known
    return _headerless(name) if _is_doubtful(guess, head) else guess


def _libmagic(head: bytes) -> str:
    guess = str(_magic().from_buffer(head)).lower().partition(";")[0].strip()
    return _ALIASES.get(guess, guess) if "/" in guess else UNKNOWN


def _magic() -> Any:
    if not hasattr(_LOCAL, "magic"):
        import magic

        _LOCAL.magic = magic.Magic(mime=True)
    return _LOCAL.magic


def _is_doubtful(guess: str, head: bytes) -> bool:
    """Text that is no text, and two bytes of frame sync, which libmagic believes; a chain of frames is proof."""
    if guess in ("audio/mpeg", "audio/aac", "audio/x-mp4a-latm"):
        return not any(chain(head, 0) >= 3 for chain in (audio_frames.mpeg_chain, audio_frames.adts_chain))
    return guess.startswith(_WEAK)


def _zip_type(head: bytes, content: Content) -> str:
    """What a zip package is: an e-book or OpenDocument names itself first, Open XML shows by its folders."""
    if head[30:38] == b"mimetype" and head[8:10] == b"\x00\x00":
        size = int.from_bytes(head[18:22], "little")
        start = 38 + int.from_bytes(head[28:30], "little")
        claimed = head[start : start + min(size, 120)].decode("ascii", "replace").strip()
        if claimed.startswith(("application/epub", "application/vnd.oasis.opendocument.")):
            return claimed.lower()
    tail = content.pread(HEAD_BYTES, max(0, content.size - HEAD_BYTES))
    if (_CONTENT_TYPES in head or _CONTENT_TYPES in tail) and _is_open_xml(content):
        for folder, kind in _ZIP_NAMES:
            if b"PK\x01\x02" in tail and folder in tail:
                return kind
            if folder in head:
                return kind
    return "application/zip"


def _is_open_xml(content: Content) -> bool:
    """Say whether the archive itself lists its parts' types, not one that lies in it as it is."""
    try:
        members = read_directory(content).members
    except Malformed:
        return True
    return any(member.name == _CONTENT_TYPES.decode() for member in members)


def _headerless(name: str) -> str:
    """Bytes without any header: the name is the only hint there is, and a hint only."""
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    return _HEADERLESS.get(suffix, UNKNOWN)
