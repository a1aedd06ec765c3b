"""Takes a mail message apart with the standard library's parser, and does not trust it with anything it decodes."""

from __future__ import annotations

import email.header
import email.message
import email.parser
import email.policy
import email.utils
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass, field

from forensics.errors import LimitReached, Malformed, TimedOut

MAX_MULTIPARTS = 150
_SHOWN = frozenset(("subject", "from", "to", "cc", "bcc", "reply-to", "sender", "date", "message-id", "x-mailer"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One leaf of a message; a body is inline text without a file name."""

    name: str
    media_type: str
    charset: str
    is_body: bool
    data: bytes


@dataclass(slots=True)
class Message:
    """The readable headers (`Name: value`) of a message and of messages inside it, and its leaves."""

    headers: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)


def read_message(data: bytes, check_time: Callable[[], None]) -> Message:
    """Parse a message; raises Malformed when it is nested beyond reason or breaks the parser."""
    if data.lower().count(b"multipart/") > MAX_MULTIPARTS:
        raise Malformed(f"more than {MAX_MULTIPARTS} multiparts")
    try:
        parsed = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(data)
        message = Message()
        for number, part in enumerate(parsed.walk()):
            check_time()
            _take(part, number, message)
    except (LimitReached, TimedOut):
        raise
    except Exception as error:
        raise Malformed(f"the mail parser failed: {type(error).__name__}") from error
    return message


def _take(part: email.message.Message, number: int, message: Message) -> None:
    for name, value in part.items():
        if name.lower() in _SHOWN:
            message.headers.append(f"{name}: {decode_header(str(value))}")
    if part.is_multipart():
        return
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        data = str(part.get_payload()).encode("utf-8", "surrogateescape")
    media_type = part.get_content_type()
    name = _file_name(part)
    is_attached = "attachment" in str(part.get("Content-Disposition", "")).lower()[:20]
    is_body = media_type.startswith("text/") and not name and not is_attached
    if is_body or data:
        message.pieces.append(
            Piece(
                name=name or f"part-{number}{mimetypes.guess_extension(media_type) or '.bin'}",
                media_type=media_type,
                charset=_charset(part),
                is_body=is_body,
                data=data,
            )
        )


def decode_header(value: str) -> str:
    """Unfold a header and decode its RFC 2047 words; what does not decode is kept as it stands."""
    unfolded = " ".join(value.encode("utf-8", "surrogateescape").decode("utf-8", "replace").split())
    try:
        words = email.header.decode_header(unfolded)
    except Exception:  # noqa: BLE001 - the standard decoder raises many things
        return unfolded
    return "".join(word if isinstance(word, str) else _decode_word(word, charset) for word, charset in words)


def _decode_word(word: bytes, charset: str | None) -> str:
    try:
        return word.decode(charset or "utf-8")
    except (LookupError, UnicodeError):
        return word.decode("utf-8", "replace")


def _file_name(part: email.message.Message) -> str:
    """RFC 2231 parameters first, then RFC 2047 words in quotes, which are forbidden and everywhere."""
    try:
        raw = part.get_filename()
        return decode_header(email.utils.collapse_rfc2231_value(raw)).strip() if raw else ""
    except Exception:  # noqa: BLE001
        return "undecodable-name"


def _charset(part: email.message.Message) -> str:
    try:
        return str(part.get_content_charset() or "")
    except Exception:  # noqa: BLE001
        return ""
