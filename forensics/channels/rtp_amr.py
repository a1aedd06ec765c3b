"""AMR and AMR-WB in RTP (RFC 4867): frames of either packing, as the storage format has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from forensics.channels import sound_files
from forensics.channels.rtp_codecs import Codec
from forensics.channels.sound_files import Frame, Piece

NARROW_BITS = (95, 103, 118, 134, 148, 159, 204, 244, 39)
WIDE_BITS = (132, 177, 253, 285, 317, 365, 397, 461, 477, 40)
_LOST, _NOTHING = 14, 15
_AMR_SILENCE = bytes.fromhex("04ff18c7f06d0433ffe0000000")
_FRAMES_LIMIT = 32
_Take = Callable[[int, int], int]


class Amr(Codec):
    """AMR or AMR-WB; which packing is told by what fits, the announced one first."""

    def __init__(self, *, is_wide: bool = False, is_aligned: bool = False) -> None:
        clock = 16_000 if is_wide else 8000
        suffix = "awb" if is_wide else "amr"
        super().__init__("amr-wb" if is_wide else "amr", clock, suffix=suffix, media_type=f"audio/{suffix}")
        self._bits = WIDE_BITS if is_wide else NARROW_BITS
        self._quiet = b"\x7c" if is_wide else _AMR_SILENCE
        self._magic = b"#!AMR-WB\n" if is_wide else b"#!AMR\n"
        self._ticks = clock // 50
        self._packings = (is_aligned, not is_aligned)

    def frames(self, payload: bytes) -> list[Frame]:
        """Frames of 20 ms."""
        for is_aligned in self._packings:
            found = frames(payload, self._bits, is_aligned=is_aligned)
            if found:
                return [Frame(self._quiet if frame is None else frame, self._ticks) for frame in found]
        return []

    def silence(self, ticks: int) -> list[Frame]:
        """Whole frames."""
        return [Frame(self._quiet, self._ticks)] * (max(0, ticks) // self._ticks)

    def file(self, frames: Sequence[Frame], serial: int) -> Iterator[Piece]:
        """The storage format of RFC 4867, 5."""
        return sound_files.plain(frames, self._magic)


def frames(payload: bytes, bits: tuple[int, ...], *, is_aligned: bool) -> list[bytes | None]:
    """The frames of a payload, table-of-contents octet first; None for one without speech. Empty if it is not AMR."""
    return (_aligned if is_aligned else _packed)(payload, bits) or []


def _size_bits(kind: int, bits: tuple[int, ...]) -> int:
    """Bits of a frame of that type; -1 when there is no such type."""
    if kind < len(bits):
        return bits[kind]
    return 0 if kind == _NOTHING or (kind == _LOST and bits is WIDE_BITS) else -1


def _aligned(payload: bytes, bits: tuple[int, ...]) -> list[bytes | None] | None:
    if len(payload) < 2 or payload[0] & 0x0F:
        return None
    entries: list[int] = []
    for entry in payload[1 : 1 + _FRAMES_LIMIT]:
        entries.append(entry)
        if not entry & 0x80:
            break
    at = 1 + len(entries)
    found: list[bytes | None] = []
    for entry in entries:
        size = _size_bits(entry >> 3 & 0x0F, bits)
        if size < 0 or entry & 0x03:
            return None
        data = payload[at : at + (size + 7) // 8]
        at += (size + 7) // 8
        found.append(_stored(entry, data, bits))
    return found if at == len(payload) and not entries[-1] & 0x80 else None


def _packed(payload: bytes, bits: tuple[int, ...]) -> list[bytes | None] | None:
    """Nothing is aligned: 4 bits of mode request, 6 bits an entry, then the frames' bits."""
    total = len(payload) * 8
    number = int.from_bytes(payload, "big")

    def take(at: int, count: int) -> int:
        return number >> (total - at - count) & ((1 << count) - 1)

    at = 4
    entries: list[int] = []
    while at + 6 <= total and len(entries) < _FRAMES_LIMIT:
        entries.append(take(at, 6) << 2)
        at += 6
        if not entries[-1] & 0x80:
            break
    sizes = [_size_bits(entry >> 3 & 0x0F, bits) for entry in entries]
    if not entries or entries[-1] & 0x80 or min(sizes) < 0 or (at + sum(sizes) + 7) // 8 != len(payload):
        return None
    return list(_unpacked(take, at, entries, sizes, bits))


def _unpacked(
    take: _Take, at: int, entries: list[int], sizes: list[int], bits: tuple[int, ...]
) -> Iterator[bytes | None]:
    for entry, size in zip(entries, sizes, strict=True):
        octets = (size + 7) // 8
        data = (take(at, size) << (octets * 8 - size)).to_bytes(octets, "big")
        at += size
        yield _stored(entry, data, bits)


def _stored(entry: int, data: bytes, bits: tuple[int, ...]) -> bytes | None:
    """Comfort noise, bad and empty frames are no speech."""
    is_speech = (entry >> 3 & 0x0F) < len(bits) - 1
    return bytes([entry & 0x7C]) + data if is_speech else None
