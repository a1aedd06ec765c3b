"""DNS messages (RFC 1035): parsed safely whatever the bytes, compression loops and truncation included."""

from __future__ import annotations

import struct
from dataclasses import dataclass

A, NS, CNAME, NULL, PTR, MX, TXT, AAAA, SRV, DNAME = 1, 2, 5, 10, 12, 15, 16, 28, 33, 39
OPT, PRIVATE = 41, 65399
NO_SUCH_NAME = 3

NAME_LIMIT_BYTES = 255
LABEL_LIMIT_BYTES = 63
RECORDS_LIMIT = 512
"""Answers of one message that are looked at."""
_POINTER = 0xC0
_ANSWER = 0x8000
_CLASSES = frozenset({1, 3, 4, 254, 255})
_OPCODES = frozenset({0, 4, 5})
_HEADER = struct.Struct("!HHHHHH")
HEADER_BYTES = _HEADER.size

Labels = tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One answer: its type, its data, and the name in the data of types that hold one. `order` is a preference."""

    kind: int
    data: bytes
    name: Labels = ()
    order: int = 0

    @property
    def strings(self) -> bytes:
        """The strings of a TXT record, joined."""
        out, at = [], 0
        while at < len(self.data):
            size = self.data[at]
            out.append(self.data[at + 1 : at + 1 + size])
            at += 1 + size
        return b"".join(out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A query or an answer: the one question, and as many answers as could be read."""

    number: int
    is_answer: bool
    code: int
    kind: int
    name: Labels
    answers: tuple[Record, ...] = ()


def parse(data: bytes, *, is_cut: bool = False) -> Message | None:
    """The message, or None where these are the bytes of something else.

    `is_cut` says that the capture has not all of it: what is there counts. Messages without a question, as in
    multicast announcements, or with several are none that matter here, though legal.
    """
    header = _HEADER.unpack_from(data) if len(data) >= HEADER_BYTES else None
    if header is None or not _is_header(header):
        return None
    number, flags, _, answers, _, additions = header
    is_answer = bool(flags & _ANSWER)
    named = read_name(data, HEADER_BYTES)
    if named is None or len(data) < named[1] + 4:
        return None
    name, at = named
    kind, group = struct.unpack_from("!HH", data, at)
    at += 4
    records = tuple(_records(data, at, answers)) if is_answer else ()
    is_whole = bool(records) or not answers if is_answer else _ends(data, at, additions)
    if not kind or group & 0x7FFF not in _CLASSES or not _is_plausible(name) or not (is_whole or is_cut):
        return None
    return Message(number=number, is_answer=is_answer, code=flags & 15, kind=kind, name=name, answers=records)


def _is_header(header: tuple[int, ...]) -> bool:
    _, flags, questions, answers, authorities, additions = header
    if questions != 1 or flags & 0x40 or (flags >> 11) & 15 not in _OPCODES or flags & 15 > 10:
        return False
    return bool(flags & _ANSWER) or (not answers and not authorities and additions <= 2)


def _is_plausible(name: Labels) -> bool:
    """Say whether a name has no control characters, which random bytes have and tunnels avoid."""
    return all(min(label) >= 0x20 for label in name)


def read_name(data: bytes, at: int) -> tuple[Labels, int] | None:
    """The name at `at` and where what follows it begins; None where there is none."""
    labels: list[bytes] = []
    end, total = -1, 0
    while at < len(data):
        size = data[at]
        if not size:
            return tuple(labels), at + 1 if end < 0 else end
        if size >= _POINTER:
            target = int.from_bytes(data[at : at + 2], "big") & 0x3FFF
            end = at + 2 if end < 0 else end
            if target >= at or end > len(data):
                break
            at = target
            continue
        label = data[at + 1 : at + 1 + size]
        total += size + 1
        if size > LABEL_LIMIT_BYTES or total > NAME_LIMIT_BYTES or len(label) < size:
            break
        labels.append(label)
        at += 1 + size
    return None


def _ends(data: bytes, at: int, additions: int) -> bool:
    """Say whether nothing stands behind the additional records of a query."""
    for _ in range(additions):
        named = read_name(data, at)
        if named is None or len(data) < named[1] + 10:
            return False
        at = named[1] + 10 + int.from_bytes(data[named[1] + 8 : named[1] + 10], "big")
    return at == len(data)


def _records(data: bytes, at: int, count: int) -> list[Record]:
    found: list[Record] = []
    for _ in range(min(count, RECORDS_LIMIT)):
        named = read_name(data, at)
        if named is None or len(data) < named[1] + 10:
            break
        at = named[1]
        kind, _, _, size = struct.unpack_from("!HHIH", data, at)
        at += 10
        found.append(_record(data, at, kind, size))
        at += size
        if at > len(data):
            break
    return found


def _record(data: bytes, at: int, kind: int, size: int) -> Record:
    """The record whose data lies at `at`; the name in it may point back into the message."""
    skip = {NS: 0, CNAME: 0, PTR: 0, DNAME: 0, MX: 2, SRV: 6}.get(kind)
    order = int.from_bytes(data[at : at + 2], "big") if skip else 0
    named = read_name(data[: at + size], at + skip) if skip is not None and size > skip else None
    return Record(kind=kind, data=data[at : at + size], name=named[0] if named else (), order=order)
