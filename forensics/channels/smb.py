"""SMB, all versions: files written to shares and read from them, as far as they are not encrypted."""

from __future__ import annotations

import re

from forensics.channels import smb1, smb2
from forensics.channels.base import Channel, Claim, Heads, Peers
from forensics.channels.desk import Desk
from forensics.channels.share import Share
from forensics.channels.smb1 import Smb1
from forensics.channels.smb2 import Smb2
from forensics.channels.smb_compression import MESSAGE_LIMIT_BYTES, decompress
from forensics.channels.tape import Lost, Reading, Tape, Tapes

_BEGINNING = re.compile(rb"\0[\s\S]{3}(?:\xfeSMB\x40\0|[\xff\xfd\xfc]SMB[\s\S]{2})")
"""A frame of any version, with the four bytes of its length (MS-SMB2 2.1)."""
_BEGINNING_BYTES = 10
_NAMES = re.compile(rb"\x81\0\0\x44 [A-P]{32}\0 [A-P]{32}\0")
"""NetBIOS asks for a session before the first frame (RFC 1002 4.3.2)."""
_MESSAGE, _LAST_KIND = 0x00, range(0x81, 0x86)
_ENCRYPTED, _COMPRESSED = b"\xfdSMB", b"\xfcSMB"


class Smb(Channel):
    """One connection: frames of both sides, whatever their version; the server's answers bear a mark."""

    name = "smb"

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        super().__init__(peers, client, desk)
        self._share = Share(desk, peers, client)
        self._smb1 = Smb1(self._share)
        self._smb2 = Smb2(self._share)
        self._is_client_known = False
        self._tapes = Tapes(self._listen, self._share.losses)

    @classmethod
    def claims(cls, heads: Heads) -> Claim:
        """A frame of either side; it says whether the client or the server sent it, unless it is encrypted."""
        for side, head in enumerate(heads):
            if _NAMES.match(head):
                return Claim.by(side)
            if _BEGINNING.match(head) and len(head) >= 4 + smb1.HEADER_BYTES:
                return Claim.by(1 - side if _is_answer(head[4:]) else side)
        if all(not head or _could_begin(head) for head in heads):
            return Claim.MAYBE
        return Claim.NO

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""
        self._tapes.push(side, chunk, time)

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        if side == self._share.client:
            self._smb1.lose_questions()
        self._tapes.hole(side, size, time)

    def closed(self, side: int, time: float) -> None:
        """Files that are open when both sides have ended are given as far as they came."""
        if self._tapes.end(side, time):
            self._share.finish(time)

    def _listen(self, side: int, tape: Tape) -> Reading[None]:
        return tape.each(lambda: self._next(side, tape), _BEGINNING, _BEGINNING_BYTES)

    def _next(self, side: int, tape: Tape) -> Reading[None]:
        head = yield from tape.take(4)
        if head[0] not in (_MESSAGE, *_LAST_KIND):
            raise Lost
        tape.resume = tape.offset + int.from_bytes(head[1:], "big")
        if head[0] == _MESSAGE:
            yield from self._frame(side, tape, tape.resume)
        yield from tape.skip_to(tape.resume)

    def _frame(self, side: int, tape: Tape, end: int) -> Reading[None]:
        size = end - tape.offset
        if size < smb1.HEADER_BYTES:
            return
        head = yield from tape.take(smb1.HEADER_BYTES)
        if head.startswith(_COMPRESSED):
            yield from self._compressed(side, tape, head, size)
        else:
            yield from self._message(side, tape, head, end)

    def _message(self, side: int, tape: Tape, head: bytes, end: int) -> Reading[None]:
        size = end - tape.offset + len(head)
        magic = head[:4]
        if magic == smb2.MAGIC and size >= smb2.HEADER_BYTES:
            if self._is_meant(side, smb2.Smb2.is_answer(head)):
                rest = yield from tape.take(smb2.HEADER_BYTES - smb1.HEADER_BYTES)
                yield from self._smb2.frame(tape, head + rest, end)
        elif magic == smb1.MAGIC:
            if self._is_meant(side, smb1.Smb1.is_answer(head)):
                yield from self._smb1.frame(tape, head, end)
        elif magic == _ENCRYPTED:
            self._share.losses.add("encrypted", size, tape.time)
        else:
            self._share.losses.add("not understood", size, tape.time)

    def _compressed(self, side: int, tape: Tape, head: bytes, size: int) -> Reading[None]:
        """Read what a frame holds that can be undone once all of it is there; its offsets are counted from the frame's.

        What cannot is a Gap, and so is one of which bytes were lost.
        """
        start, message = tape.offset - len(head), None
        if size <= MESSAGE_LIMIT_BYTES and self.desk.charge(size):
            try:
                message = decompress(head + (yield from tape.take(size - len(head))))
            except Lost:
                self._share.losses.add("compressed", size, tape.time)
                raise
            finally:
                self.desk.refund(size)
        if message is None or not message.startswith(smb2.MAGIC):
            self._share.losses.add("compressed", size, tape.time)
            return
        end = start + len(message)
        Tape(lambda inside: self._inside(side, inside, end), start).push(message, tape.time)

    def _inside(self, side: int, tape: Tape, end: int) -> Reading[None]:
        head = yield from tape.take(smb1.HEADER_BYTES)
        yield from self._message(side, tape, head, end)

    def _is_meant(self, side: int, is_answer: bool) -> bool:
        """Say whether this side may send this; the first message that is not encrypted says who is the client."""
        if not self._is_client_known:
            self._is_client_known = True
            self._share.client = 1 - side if is_answer else side
        return is_answer is (side != self._share.client)


def _is_answer(head: bytes) -> bool:
    if head.startswith(smb2.MAGIC):
        return Smb2.is_answer(head)
    return head.startswith(smb1.MAGIC) and Smb1.is_answer(head)


def _could_begin(head: bytes) -> bool:
    """Say whether these few bytes may be the beginning of a frame."""
    if head[0] == _MESSAGE:
        magic = head[4:8]
        return any(kind.startswith(magic) for kind in (smb1.MAGIC, smb2.MAGIC, _ENCRYPTED, _COMPRESSED))
    return head[0] in _LAST_KIND and len(head) < 72
