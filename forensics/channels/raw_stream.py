"""TCP without a protocol (netcat): what begins with the signature of sound, an archive or a document is one object."""

from __future__ import annotations

import re

from forensics.channels.base import Channel, Claim, Heads, Peers
from forensics.channels.bursts import HEAD_BYTES
from forensics.channels.desk import Desk
from forensics.channels.draft import Draft
from forensics.formats.audio_frames import adts_chain, mpeg_chain, mpeg_frame_bytes
from forensics.formats.signatures import identify
from forensics.model import Direction

_BEGINNING = re.compile(
    rb"""RIFF|RF64|BW64|RIFX|FORM|OggS|fLaC|ID3[\x02-\x04]|\#!AM|\#!SI|\x02\#!S|NIST|wvpk|MAC\x20|TTA1|Crea|\.snd|caff
    |riff|\x30\x26\xb2\x75|\x1a\x45\xdf\xa3|\x00\x00[\x00-\x10][\x00-\xff]|\xff\xd8\xff|\x89PNG|GIF8|%PDF
    |PK\x03\x04|7z\xbc\xaf|Rar!|\xfd7zX|\x28\xb5\x2f\xfd|MSCF|\x1f\x8b\x08|BZh|\xd0\xcf\x11\xe0""",
    re.VERBOSE,
)
"""How the formats begin that are known by their first bytes; only what begins like this is waited for."""
_TAR = re.compile(rb"[^\x00-\x1f\x7f]{1,100}\x00*")
LEAST_BYTES = 64
"""What is needed to say anything."""
LEAST_MPEG_FRAMES = 2
LEAST_ADTS_FRAMES = 3
"""Their frames begin with little that tells them from chance."""


class RawStream(Channel):
    """A connection one or both sides of which send a file from the first byte to the last and nothing else.

    Nobody says who is the client; side 0, which opened the connection, is taken for it.
    """

    name = "tcp"
    is_guess = True

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        super().__init__(peers, client, desk)
        self._sides = (_Side(self, 0), _Side(self, 1))

    @classmethod
    def claims(cls, heads: Heads) -> Claim:
        """A known format at the very beginning of a side."""
        if any(is_file(head) for head in heads):
            return Claim.SIDE_0_IS_CLIENT
        return Claim.MAYBE if any(may_be_file(head) for head in heads) else Claim.NO

    @property
    def is_interested(self) -> bool:
        """Say whether either side sends a file or may turn out to."""
        return not all(side.is_dull for side in self._sides)

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""
        self._sides[side].data(chunk, time)

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        self._sides[side].hole(size)

    def closed(self, side: int, time: float) -> None:
        """Take note that a side sends no more."""
        self._sides[side].closed()


class _Side:
    """What one side sends: a file, or something that is of no interest."""

    def __init__(self, channel: RawStream, side: int) -> None:
        self._channel = channel
        self._side = side
        self._head = b""
        self._time = 0.0
        self._draft: Draft | None = None
        self.is_dull = False

    def data(self, chunk: bytes, time: float) -> None:
        if self._draft:
            self._draft.write(chunk)
            return
        if self.is_dull:
            return
        self._time = self._time if self._head else time
        self._head += chunk
        if is_file(self._head[:HEAD_BYTES]):
            self._draft = self._open()
            self._draft.write(self._head)
        if self._draft or not may_be_file(self._head):
            self.is_dull, self._head = self._draft is None, b""

    def hole(self, size: int) -> None:
        if self._draft:
            self._draft.skip(size)
        else:
            self.is_dull, self._head = True, b""

    def closed(self) -> None:
        if self._draft:
            self._draft.finish()
        self.is_dull, self._draft = True, None

    def _open(self) -> Draft:
        peers = self._channel.peers
        is_client = self._side == self._channel.client
        return Draft(
            self._channel.desk,
            peers,
            protocol=RawStream.name,
            sender=self._side,
            direction=Direction.UP if is_client else Direction.DOWN,
            time=self._time,
            position=0,
            uri=f"tcp://{peers.name(1 - self._channel.client)}",
        )


def is_file(head: bytes) -> bool:
    """Say whether a stream that begins like this is a file of a known format."""
    if len(head) < LEAST_BYTES:
        return False
    if identify(head) is not None:
        return True
    return mpeg_chain(head, 0) >= LEAST_MPEG_FRAMES or adts_chain(head, 0) >= LEAST_ADTS_FRAMES


def may_be_file(head: bytes) -> bool:
    """Say whether more bytes are worth waiting for before it is said what a stream is."""
    if len(head) < 8:
        return True
    if len(head) >= HEAD_BYTES:
        return False
    size = mpeg_frame_bytes(head, 0)
    is_frame = size > 0 and (len(head) < size + 4 or mpeg_chain(head, 0) >= LEAST_MPEG_FRAMES)
    return is_frame or adts_chain(head, 0) > 0 or bool(_BEGINNING.match(head) or _TAR.fullmatch(head[:100]))
