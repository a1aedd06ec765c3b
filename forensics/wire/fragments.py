"""IP packets that came in fragments are put together, whatever their order; bounded, in capture time."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from forensics.model import Gap

PATIENCE_S = 30.0
LIMIT_BYTES = 8 << 20
LIMIT_PACKETS = 4096
LARGEST_BYTES = 65_535

Key = tuple[int, int, int, int, int, int, int]
"""Family, source, destination (two halves each), protocol, identification."""


@dataclass(slots=True)
class _Waiting:
    """One packet that is not whole yet: the pieces by their offset, and its size once the last has come."""

    time: float
    pieces: dict[int, bytes] = field(default_factory=dict)
    cuts: dict[int, int] = field(default_factory=dict)
    """By offset, bytes of a piece that were on the wire and not captured."""
    size: int = -1
    held: int = 0


class Fragments:
    """Packets in pieces; `take` gives one back when its last missing piece comes."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Key, _Waiting] = OrderedDict()
        self._held = 0
        self._lost: Gap | None = None

    def take(
        self, key: Key, *, at: int, payload: bytes, length: int, has_more: bool, time: float
    ) -> tuple[bytes, int] | None:
        """Take one fragment; the whole payload and its size on the wire when there is nothing more to come.

        The bytes that came first for a place stay; the captured ones end where a piece was cut by a snap length.
        """
        if at + length > LARGEST_BYTES:
            self._lose(time, length, "a fragment beyond the largest packet")
            return None
        packet = self._waiting.get(key)
        if packet is None:
            packet = self._waiting[key] = _Waiting(time)
            self._trim(time)
        if at not in packet.pieces or len(packet.pieces[at]) < len(payload):
            grown = len(payload) - len(packet.pieces.get(at, b""))
            packet.held += grown
            self._held += grown
            packet.pieces[at] = payload
            packet.cuts[at] = length - len(payload)
        if not has_more:
            packet.size = at + length
        if packet.size < 0:
            return None
        whole = _joined(packet)
        if whole is None:
            return None
        del self._waiting[key]
        self._held -= packet.held
        return whole, packet.size

    def flush(self, now: float) -> None:
        """Give up packets whose pieces have not come."""
        while self._waiting:
            key, packet = next(iter(self._waiting.items()))
            if now - packet.time <= PATIENCE_S:
                return
            self._give_up(key)

    def finish(self) -> None:
        """Nothing more comes."""
        while self._waiting:
            self._give_up(next(iter(self._waiting)))

    def gaps(self) -> list[Gap]:
        """What was lost since the last time."""
        lost, self._lost = self._lost, None
        return [lost] if lost else []

    def _trim(self, time: float) -> None:
        while len(self._waiting) > LIMIT_PACKETS or self._held > LIMIT_BYTES:
            self._give_up(next(iter(self._waiting)))

    def _give_up(self, key: Key) -> None:
        packet = self._waiting.pop(key)
        self._held -= packet.held
        self._lose(packet.time, packet.held, "")

    def _lose(self, time: float, size: int, detail: str) -> None:
        known = self._lost
        self._lost = Gap(
            sensor="wire",
            channel="network",
            start=min(time, known.start) if known else time,
            end=max(time, known.end) if known else time,
            cause="fragments lost",
            size=size + (known.size if known else 0),
            detail=detail or (known.detail if known else ""),
        )


def _joined(packet: _Waiting) -> bytes | None:
    """The payload as far as it was captured in one piece, or None while something is missing."""
    joined = bytearray()
    covered, is_cut = 0, False
    for at in sorted(packet.pieces):
        piece, cut = packet.pieces[at], packet.cuts[at]
        if at > covered:
            return None
        end = at + len(piece) + cut
        if end <= covered:
            continue
        if not is_cut:
            joined += piece[covered - at :]
        is_cut = is_cut or cut > 0
        covered = end
        if covered >= packet.size:
            return bytes(joined[: packet.size])
    return None
