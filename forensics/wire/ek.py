"""One line of tshark's EK output becomes one Segment."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from forensics.model import Segment


class _Fields(msgspec.Struct):
    frame_time_epoch: list[str]
    frame_protocols: list[str]
    ip_src: list[str] = []
    ip_dst: list[str] = []
    ipv6_src: list[str] = []
    ipv6_dst: list[str] = []
    tcp_srcport: list[str] = []
    tcp_dstport: list[str] = []
    tcp_seq_raw: list[str] = []
    tcp_ack_raw: list[str] = []
    tcp_flags: list[str] = []
    tcp_len: list[str] = []
    tcp_payload: list[str] = []
    udp_srcport: list[str] = []
    udp_dstport: list[str] = []
    udp_length: list[str] = []
    udp_payload: list[str] = []


class _Line(msgspec.Struct):
    layers: _Fields


_QUOTING = frozenset({"icmp", "icmpv6"})
"""Layers that quote the head of another packet: what follows them was not sent here."""
_UDP_HEADER_BYTES = 8


class SegmentReader:
    """Reads EK lines made with `-e` and FIELDS, one for every frame; remembers the last time.

    tshark numbers frames anew after each session (`-M`), so they are counted here.
    """

    FIELDS: ClassVar[tuple[str, ...]] = tuple(name.replace("_", ".", 1) for name in _Fields.__struct_fields__)

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(_Line)
        self.frames = 0
        self.time = 0.0

    def segments(self, lines: list[bytes]) -> list[Segment]:
        """The segments of whole lines; the `index` lines between the frames are left out."""
        found = (self.segment(line) for line in lines if line.startswith(b'{"timestamp'))
        return [segment for segment in found if segment]

    def segment(self, line: bytes) -> Segment | None:
        """The innermost TCP segment or UDP datagram of the frame, or None when it holds neither."""
        self.frames += 1
        try:
            fields = self._decoder.decode(line).layers
            self.time = float(fields.frame_time_epoch[0])
            return self._read(fields)
        except (msgspec.DecodeError, ValueError, IndexError):
            return None

    def _read(self, fields: _Fields) -> Segment | None:
        protocols = fields.frame_protocols[-1].split(":")
        if not _QUOTING.isdisjoint(protocols):
            return None
        transport = next((name for name in reversed(protocols) if name in ("tcp", "udp")), "")
        network = next((name for name in reversed(protocols) if name in ("ip", "ipv6")), "")
        if not transport or not network:
            return None
        source, destination = (fields.ip_src, fields.ip_dst) if network == "ip" else (fields.ipv6_src, fields.ipv6_dst)
        if transport == "udp":
            payload = _last_bytes(fields.udp_payload)
            return Segment(
                time=self.time,
                protocol="udp",
                source=source[-1],
                source_port=int(fields.udp_srcport[-1]),
                destination=destination[-1],
                destination_port=int(fields.udp_dstport[-1]),
                sequence=0,
                flags=0,
                payload=payload,
                number=self.frames,
                length=max(int(fields.udp_length[-1]) - _UDP_HEADER_BYTES, len(payload)),
            )
        length = int(fields.tcp_len[-1]) if fields.tcp_len else 0
        payload = _last_bytes(fields.tcp_payload)[:length] if length else b""
        return Segment(
            time=self.time,
            protocol="tcp",
            source=source[-1],
            source_port=int(fields.tcp_srcport[-1]),
            destination=destination[-1],
            destination_port=int(fields.tcp_dstport[-1]),
            sequence=int(fields.tcp_seq_raw[-1]),
            answered=int(fields.tcp_ack_raw[-1]) if fields.tcp_ack_raw else -1,
            flags=int(fields.tcp_flags[-1], 16),
            payload=payload,
            number=self.frames,
            length=length,
        )


def _last_bytes(values: list[str]) -> bytes:
    if not values:
        return b""
    text = values[-1]
    return bytes.fromhex(text.replace(":", "") if ":" in text[:3] else text)
