"""Frames of QUIC (RFC 9000, section 19): those that carry bytes are read, the others are passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from forensics.channels.quic_packets import varint

_PADDING, _ACK, _ACK_ECN, _RESET, _CRYPTO, _STREAM, _NEW_ID = 0x00, 0x02, 0x03, 0x04, 0x06, 0x08, 0x18
_RESET_AT = 0x24
_HAS_OFFSET, _HAS_LENGTH, _IS_LAST = 0x04, 0x02, 0x01
_ZEROS = re.compile(rb"\0*")
_FIELDS = {
    0x01: "", 0x05: "nn", 0x07: "d", 0x10: "n", 0x11: "nn", 0x12: "n", 0x13: "n", 0x14: "n", 0x15: "nn", 0x16: "n",
    0x17: "n", _NEW_ID: "nni", 0x19: "n", 0x1A: "8", 0x1B: "8", 0x1C: "nnd", 0x1D: "nd", 0x1E: "", 0x1F: "",
    0x30: "*", 0x31: "d", 0xAF: "nnnn",
}  # fmt: skip
"""What other frames hold: numbers, data behind its length, 8 bytes, a connection id with its token, all the rest."""


@dataclass(frozen=True, slots=True)
class Crypto:
    """Bytes of the TLS handshake."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a stream; `is_last` when it ends behind them."""

    stream: int
    offset: int
    data: bytes
    is_last: bool


@dataclass(frozen=True, slots=True)
class Reset:
    """A stream is given up."""

    stream: int


@dataclass(frozen=True, slots=True)
class NewId:
    """The sender may be written to under another connection id."""

    connection_id: bytes


Frame = Crypto | Piece | Reset | NewId


def frames(payload: bytes) -> Iterator[Frame]:
    """The frames of a packet that matter, up to one that is not understood."""
    at = 0
    try:
        while at < len(payload):
            kind, behind = varint(payload, at)
            if kind == _PADDING:
                at = _ZEROS.match(payload, at).end()  # type: ignore[union-attr]  # it always matches
            elif kind in (_ACK, _ACK_ECN):
                at = _behind_ack(payload, behind, counts=3 * (kind == _ACK_ECN))
            elif kind in _FIELDS and kind != _NEW_ID:
                at = _behind(payload, behind, _FIELDS[kind])
            else:
                read = _read(payload, kind, behind)
                if read is None:
                    return
                frame, at = read
                yield frame
    except IndexError:
        return


def _read(payload: bytes, kind: int, at: int) -> tuple[Frame, int] | None:
    if kind == _CRYPTO:
        offset, at = varint(payload, at)
        data, at = _counted(payload, at)
        return Crypto(offset, data), at
    if _STREAM <= kind < _STREAM + 8:
        offset = 0
        stream, at = varint(payload, at)
        if kind & _HAS_OFFSET:
            offset, at = varint(payload, at)
        data, at = _counted(payload, at) if kind & _HAS_LENGTH else (payload[at:], len(payload))
        return Piece(stream, offset, data, bool(kind & _IS_LAST)), at
    if kind in (_RESET, _RESET_AT):
        stream, _ = varint(payload, at)
        return Reset(stream), _behind(payload, at, "nnn" if kind == _RESET else "nnnn")
    if kind == _NEW_ID:
        end = _behind(payload, at, _FIELDS[_NEW_ID])
        numbers_end = _behind(payload, at, "nn")
        return NewId(payload[numbers_end + 1 : end - 16]), end
    return None


def _counted(payload: bytes, at: int) -> tuple[bytes, int]:
    size, at = varint(payload, at)
    if at + size > len(payload):
        raise IndexError
    return payload[at : at + size], at + size


def _behind(payload: bytes, at: int, fields: str) -> int:
    """Where the frame with these fields ends."""
    for field in fields:
        if field == "n":
            _, at = varint(payload, at)
        elif field == "d":
            _, at = _counted(payload, at)
        elif field == "i":
            at += 1 + payload[at] + 16
        else:
            at = at + 8 if field == "8" else len(payload)
    if at > len(payload):
        raise IndexError
    return at


def _behind_ack(payload: bytes, at: int, *, counts: int) -> int:
    at = _behind(payload, at, "nn")
    ranges, at = varint(payload, at)
    if ranges > len(payload):
        raise IndexError
    return _behind(payload, at, "n" * (1 + 2 * ranges + counts))
