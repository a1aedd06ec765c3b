"""Session descriptions (RFC 8866) as far as voice is concerned: where it will be heard, and what its types mean."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from forensics.channels.base import End
from forensics.channels.headers import text
from forensics.channels.rtp_formats import STATIC, Format

SIZE_LIMIT_BYTES = 1 << 18
_MEDIA_LIMIT = 32
_CANDIDATES_LIMIT = 16
_RTPMAP = re.compile(r"(\d{1,3})\s+([^\s/]{1,40})/(\d{1,6})(?:/(\d{1,2}))?")
_CANDIDATE = re.compile(r"\S+ 1 udp \d+ (\S+) (\d{1,5}) ", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """One line of voice: the ends it is awaited at, its formats by payload type, whether it is encrypted."""

    ends: tuple[End, ...]
    formats: dict[int, Format]
    is_encrypted: bool = False


def voice_of(description: bytes) -> list[Media]:
    """The voice a session description announces; empty for what is no description. Never raises."""
    session, blocks = _blocks(description)
    return [media for block in blocks if (media := _media(session, block)) is not None]


def formats_of(description: bytes) -> dict[int, Format]:
    """What payload types of voice mean in a description, wherever it will be heard. Never raises."""
    found: dict[int, Format] = {}
    for block in _blocks(description)[1]:
        found |= _formats(block, _kinds(block)) if block[0].lower().startswith("m=audio ") else {}
    return found


def _blocks(description: bytes) -> tuple[list[str], list[list[str]]]:
    """The lines for the whole session, and those of each of its media."""
    lines = [line.strip() for line in text(description[:SIZE_LIMIT_BYTES]).splitlines()]
    if not any(line.startswith("v=0") for line in lines[:3]):
        return [], []
    starts = [number for number, line in enumerate(lines) if line.startswith("m=")][:_MEDIA_LIMIT]
    ends = [*starts[1:], len(lines)]
    return lines[: min(starts, default=0)], [lines[start:end] for start, end in zip(starts, ends, strict=False)]


def _media(session: list[str], block: list[str]) -> Media | None:
    words = block[0][2:].split()
    if len(words) < 4 or words[0].lower() != "audio" or "RTP" not in words[2].upper():
        return None
    port = _port(words[1].partition("/")[0])
    ends = [(address, port) for address in _addresses(block) or _addresses(session) if port]
    ends += _candidates(block)
    if not ends:
        return None
    is_encrypted = "SAVP" in words[2].upper() or any(
        line.startswith(("a=fingerprint:", "a=crypto:", "a=key-mgmt:")) for line in session + block
    )
    return Media(ends=tuple(dict.fromkeys(ends)), formats=_formats(block, _kinds(block)), is_encrypted=is_encrypted)


def _kinds(block: list[str]) -> set[int]:
    return {int(word) for word in block[0].split()[3:] if word.isdecimal() and len(word) < 4}


def _formats(block: list[str], kinds: set[int]) -> dict[int, Format]:
    formats = {kind: STATIC[kind] for kind in kinds if kind in STATIC}
    for line in block:
        if line.startswith("a=rtpmap:") and (match := _RTPMAP.match(line[9:])):
            formats[int(match[1])] = Format(name=match[2].lower(), clock=int(match[3]), channels=int(match[4] or 1))
    for line in block:
        kind, _, options = line[7:].partition(" ") if line.startswith("a=fmtp:") else ("", "", "")
        if kind.isdecimal() and int(kind[:4]) in formats:
            known = formats[int(kind[:4])]
            formats[int(kind[:4])] = replace(known, options=options.lower().replace(" ", ""))
    return formats


def _addresses(lines: list[str]) -> list[str]:
    """The addresses of connection lines; a call on hold has none."""
    found: list[str] = []
    for line in lines:
        words = line[2:].split() if line.startswith("c=") else []
        address = _address(words[2].partition("/")[0]) if len(words) > 2 else ""
        found += [address] if address else []
    return found


def _candidates(block: list[str]) -> Iterator[End]:
    """Where else it may be heard (RFC 8839)."""
    matches = (_CANDIDATE.match(line[12:]) for line in block if line.startswith("a=candidate:"))
    for match in [match for match in matches if match][:_CANDIDATES_LIMIT]:
        address, port = _address(match[1]), _port(match[2])
        if address and port:
            yield address, port


def _address(word: str) -> str:
    """An address as ends have it; empty for names and for the address of nobody."""
    try:
        address = ipaddress.ip_address(word)
    except ValueError:
        return ""
    return "" if address.is_unspecified else str(address)


def _port(word: str) -> int:
    return int(word) if word.isdecimal() and len(word) < 6 and int(word) < 65_536 else 0
