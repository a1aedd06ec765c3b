"""The door to the SILK SDK (silk-python): voice notes of WeChat, QQ and Skype, packet by packet.

A file is a magic line, which Tencent's programs prefix with one byte (0x02), and packets with their length in two
bytes before them; a length of zero stands for 20 ms not sent, -1 for the end (draft-vos-silk-02 and the SDK's own
file format). The SDK's frame call is used, not the package's file call: that one plays only the first 20 ms of each
packet of 40 to 100 ms and stops at the first damaged one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forensics.content import Content
from forensics.errors import Malformed

MAGIC = b"#!SILK_V3"
RATE = 8000
FRAME_SAMPLES = RATE // 50
MOST_PACKET_BYTES = 1024
"""More the SDK's range decoder does not take."""
MOST_FRAMES = 5
_ROOM_SAMPLES = 48 * 20
_END = 0xFFFF


class SilkNote:
    """One voice note. `problems` tells, after `play`, what could not be read."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._decoder = _Decoder()
        self.packets = 0
        self.sent = 0
        self.bad = 0
        self.problems: list[str] = []

    def play(self) -> Iterator[bytes]:
        """Yield 16-bit little-endian mono samples at RATE, a packet at a time; raises Malformed without the magic."""
        for packet in self._packets():
            self.packets += 1
            self.sent += bool(packet)
            samples, is_sound = self._decoder.decode(packet)
            self.bad += not is_sound
            yield samples
        if self.bad:
            self.problems.insert(0, f"{self.bad} of {self.packets} SILK packets are damaged")
        if not self.sent:
            self.problems.insert(0, "the SILK voice note holds no packets")

    def _packets(self) -> Iterator[bytes]:
        at = _start(self._content)
        size = self._content.size
        while at + 2 <= size:
            length = int.from_bytes(self._content.pread(2, at), "little")
            if length == _END:
                return
            if length > MOST_PACKET_BYTES:
                self.problems.append(f"no packet begins at byte {at}: {size - at} bytes are left unread")
                return
            packet = self._content.pread(length, at + 2)
            at += 2 + length
            if len(packet) < length:
                break
            yield packet
        if at != size:
            self.problems.append("the voice note is cut inside a packet")


class _Decoder:
    """State of the SDK's decoder."""

    def __init__(self) -> None:
        from pysilk.backends.cffi._silk import ffi, lib

        self._lib: Any = lib
        size = ffi.new("int32_t *")
        lib.SKP_Silk_SDK_Get_Decoder_Size(size)
        self._state = ffi.new("char[]", size[0])
        lib.SKP_Silk_SDK_InitDecoder(self._state)
        self._control = ffi.new("SKP_SILK_SDK_DecControlStruct *")
        self._control.API_sampleRate = RATE
        self._control.framesPerPacket = 1
        self._out = ffi.new("int16_t[]", _ROOM_SAMPLES)
        self._bytes = ffi.buffer(self._out)
        self._count = ffi.new("int16_t *")

    def decode(self, packet: bytes) -> tuple[bytes, bool]:
        """Samples of one packet and whether it was sound; what is missing or damaged is bridged as the SDK does."""
        parts = []
        for number in range(MOST_FRAMES):
            self._count[0] = 0
            code = self._lib.SKP_Silk_SDK_Decode(
                self._state, self._control, int(not packet), packet, len(packet), self._out, self._count
            )
            parts.append(bytes(self._bytes[: 2 * max(0, min(self._count[0], FRAME_SAMPLES))]))
            if code:
                return b"".join(parts), False
            is_last = number + 1 >= self._control.framesPerPacket if not packet else True
            if is_last and not self._control.moreInternalDecoderFrames:
                break
        return b"".join(parts), True


def _start(content: Content) -> int:
    """Offset of the first packet."""
    head = content.head(len(MAGIC) + 1)
    for prefix in (0, 1):
        if head[prefix:].startswith(MAGIC):
            return prefix + len(MAGIC)
    raise Malformed("no SILK voice note: its first line is missing")
