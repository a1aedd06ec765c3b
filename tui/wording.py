"""Plain words for times, sizes, states and ways out; pure, and safe to put on the screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from forensics.model import OutcomeKind, Severity
from tui.formatting import Safe, safe

LETTERS: Mapping[str, Safe] = {severity.value: Safe(severity.value[0].upper()) for severity in Severity}
STATES: Mapping[str, Safe] = {"new": Safe("new"), "acknowledged": Safe("ack"), "closed": Safe("closed")}
CHANNELS: Mapping[str, Safe] = {"cloud_sync": Safe("cloud")}
OUTCOMES: Mapping[str, Safe] = {
    OutcomeKind.CLEAN: Safe("clean"),
    OutcomeKind.MATCHED: Safe("MATCHED"),
    OutcomeKind.PARTIAL: Safe("PARTIAL: bytes are missing"),
    OutcomeKind.ENCRYPTED: Safe("ENCRYPTED: not read"),
    OutcomeKind.TOO_LARGE: Safe("TOO LARGE: not read"),
    OutcomeKind.TIMED_OUT: Safe("TIMED OUT: not read"),
    OutcomeKind.UNREADABLE: Safe("UNREADABLE"),
    OutcomeKind.VANISHED: Safe("VANISHED: gone before it was read"),
}
LONGEST_NAME = 200
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def age(seconds: float) -> Safe:
    """At most four columns: now, 25s, 3m, 7h, 12d, 99w."""
    if seconds < 5:
        return Safe("now")
    if seconds < _MINUTE:
        return Safe(f"{int(seconds) // 5 * 5}s")
    if seconds < _HOUR:
        return Safe(f"{int(seconds) // _MINUTE}m")
    if seconds < 2 * _DAY:
        return Safe(f"{int(seconds) // _HOUR}h")
    return Safe(f"{int(seconds) // _DAY}d") if seconds < 1000 * _DAY else Safe("old")


def ago(seconds: float) -> Safe:
    """The age as part of a sentence."""
    return Safe("just now") if seconds < 5 else Safe(f"{age(seconds)} ago")


def moment(time: float) -> Safe:
    """Date and time of day in UTC; an impossible number is shown as it is."""
    try:
        return Safe(datetime.fromtimestamp(time, UTC).strftime("%d %b %Y %H:%M:%S UTC"))
    except (ValueError, OverflowError, OSError):
        return safe(time)


def clock(time: float) -> Safe:
    """The time of day in UTC."""
    return Safe(moment(time)[12:])


def size(count: int) -> Safe:
    """Bytes in the unit people read: 512 B, 1.2 MiB."""
    if count < 0:
        return Safe("size unknown")
    value, unit = float(count), 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return Safe(f"{count} B" if unit == 0 else f"{value:.1f} {_UNITS[unit]}")


def amount(count: int, noun: str, plural: str = "") -> Safe:
    """`1 alert`, `2 alerts`; `noun` is ours."""
    return Safe(f"{count:,} {noun if count == 1 else plural or noun + 's'}")


def span(start_s: float, length_s: float) -> Safe:
    """Seconds of a clip: 0.8-5.6 s."""
    return Safe(f"{start_s:.1f}–{start_s + length_s:.1f} s")


def length(seconds: float) -> Safe:
    """How long something lasted: a moment, 40 s, 30 min, 5 h."""
    if seconds < 1:
        return Safe("a moment")
    if seconds < 2 * _MINUTE:
        return Safe(f"{seconds:.0f} s")
    return Safe(f"{seconds / _MINUTE:.0f} min" if seconds < 2 * _HOUR else f"{seconds / _HOUR:.0f} h")


def channel(name: str) -> Safe:
    """A channel as people write it."""
    return CHANNELS.get(name) or safe(name)


def person(user: str, host: str) -> Safe:
    """`rv17@ws-17`, as far as it is known."""
    if user and host:
        return Safe(f"{safe(user, limit=LONGEST_NAME)}@{safe(host, limit=LONGEST_NAME)}")
    return safe(user or host, limit=LONGEST_NAME) if user or host else Safe("unknown")


def place(uri: str) -> Safe:
    """Where something went, without ceremony: a path for file URIs, host and path for others."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return safe(uri)
    if parts.scheme == "file":
        return safe(unquote(parts.path))
    if parts.scheme in ("http", "https", "ftp", "smtp", "imap", "tftp", "smb") and parts.netloc:
        return safe(parts.netloc + unquote(parts.path if parts.path != "/" else ""))
    return safe(uri)


def item(tag: str) -> Safe:
    """A tie between alerts in words: `item:C-001` is a clip, `package:P` a package, digests are shortened."""
    kind, colon, rest = tag.partition(":")
    if not colon:
        return safe(tag, limit=LONGEST_NAME)
    if kind == "sha256":
        return safe(f"sha256 {rest[:12]}")
    return safe(f"{'clip' if kind == 'item' else kind} {rest}", limit=LONGEST_NAME)


def items(tags: Iterable[str]) -> Safe:
    """What the alert is about: clips and packages; a digest only when there is nothing better."""
    tags = tuple(tags)
    named = sorted((tag for tag in tags if not tag.startswith("sha256:")), key=lambda tag: not tag.startswith("item:"))
    return Safe(", ".join(item(tag) for tag in (named or tags)[:6]))
