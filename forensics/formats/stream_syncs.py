"""Follows streams by the marks that they can be joined at: MPEG transport packets, AAC in LOAS, MLP, GSM 06.10."""

from __future__ import annotations

_PACKETS = 5
_SPACINGS = ((188, 0), (192, 4), (204, 0))
"""Bytes from mark to mark and before the first: plain, with time codes (M2TS), with parity (ISO 13818-1, DVB)."""
_LEAST_FRAMES = 4
_LEAST_LOAS_BYTES = 8
_GSM_BYTES, _LEAST_GSM = 33, 24


def is_transport(data: bytes) -> bool:
    """Say whether transport packets of one of the usual lengths follow each other from the start."""
    return any(
        all(_is_packet(data[at + spacing * number : at + spacing * number + 4]) for number in range(_PACKETS))
        for spacing, at in _SPACINGS
    )


def _is_packet(head: bytes) -> bool:
    """A mark, no error told, and content of some kind."""
    return len(head) == 4 and head[0] == 0x47 and not head[1] & 0x80 and bool(head[3] & 0x30)


def is_loas(data: bytes) -> bool:
    """Say whether frames of LOAS (ISO 14496-3) follow each other from the start: 11 bits of mark, 13 of length."""
    at, count = 0, 0
    while at + 3 <= len(data) and data[at] == 0x56 and data[at + 1] & 0xE0 == 0xE0:
        length = (data[at + 1] & 0x1F) << 8 | data[at + 2]
        if length < _LEAST_LOAS_BYTES:
            return False
        at, count = at + 3 + length, count + 1
        if count == _LEAST_FRAMES:
            return True
    return False


def is_mlp(data: bytes) -> bool:
    """Say whether the first access unit holds the major sync of MLP or TrueHD."""
    return data[4:8] in (b"\xf8\x72\x6f\xba", b"\xf8\x72\x6f\xbb")


def is_gsm(data: bytes) -> bool:
    """Say whether two dozen frames of full-rate GSM begin with their four bits (RFC 3551), and are no pattern."""
    starts = data[: _GSM_BYTES * _LEAST_GSM : _GSM_BYTES]
    is_marked = len(starts) == _LEAST_GSM and all(byte & 0xF0 == 0xD0 for byte in starts)
    return is_marked and len(set(data[: _GSM_BYTES * _LEAST_GSM])) > _GSM_BYTES
