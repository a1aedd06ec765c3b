"""The envelope: content under a key of its own, that key in shares for the custodians.

`EWSEAL1\\n`, the length of the header (4 bytes, big-endian), the header (JSON), then segments of SEGMENT_BYTES with a
tag each, the last as long or shorter. AES-256-GCM; the nonce is the number of the segment and whether it is the last,
and every segment is bound to the header: what is cut off, put in another order, or taken from another envelope does
not open. The header names the custodians with their public keys, and for each holds a share of the key, sealed by HPKE
for that one and bound to the content's digest. Nothing in it tells what the content is, but its length.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from forensics.errors import Malformed
from forensics.sealing import hpke, shares
from forensics.sealing.custodian import Custodian

MAGIC = b"EWSEAL1\n"
SEGMENT_BYTES = 1 << 16
TAG_BYTES = 16
KEY_BYTES = 32
MOST_HEADER_BYTES = 1 << 18
_LENGTH = struct.Struct(">I")
_SHARE = b"earwitness share 1\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """For whom an object is sealed: custodian n has share n + 1."""

    address: str
    custodians: tuple[Custodian, ...]
    shares: tuple[bytes, ...]

    @property
    def packed(self) -> bytes:
        """The bytes the envelope begins with."""
        entries = [
            {**person.record, "share": share.hex()} for person, share in zip(self.custodians, self.shares, strict=True)
        ]
        body = {"object": self.address, "segment": SEGMENT_BYTES, "threshold": shares.THRESHOLD, "custodians": entries}
        text = json.dumps(body, separators=(",", ":")).encode()
        return MAGIC + _LENGTH.pack(len(text)) + text

    @classmethod
    def parse(cls, data: bytes) -> Header:
        """Read what `packed` wrote. Raises Malformed."""
        try:
            body = json.loads(data[len(MAGIC) + _LENGTH.size :])
            entries = body["custodians"]
            header = cls(
                address=str(body["object"]),
                custodians=tuple(Custodian.from_record(entry) for entry in entries),
                shares=tuple(bytes.fromhex(entry["share"]) for entry in entries),
            )
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            raise Malformed("the header of the envelope cannot be read") from error
        if header.packed != data:
            raise Malformed("the header of the envelope was changed, or is of a kind that is not known here")
        return header

    def number_of(self, person: Custodian) -> int:
        """Which share is that custodian's. Raises Malformed when none is."""
        if person not in self.custodians:
            raise Malformed(f"it is not sealed for {person.name} with the key {person.fingerprint}")
        return self.custodians.index(person) + 1

    def purpose(self, number: int, sha256: str) -> bytes:
        """What share `number` is sealed for: content of this digest, which stands nowhere in the envelope."""
        return share_purpose(self.address, sha256, number)


def share_purpose(address: str, sha256: str, number: int) -> bytes:
    """The HPKE `info` of a share. A custodian who is told another digest cannot open it."""
    return _SHARE + f"{address}:{sha256}:{number}".encode()


def new_header(
    address: str, sha256: str, people: Sequence[Custodian], key: bytes, random: Callable[[int], bytes]
) -> Header:
    """Split the key and seal the shares. Raises ValueError for fewer than two custodians, Malformed for a bad key."""
    parts = shares.split(key, random(len(key)), len(people))
    sealed = (
        hpke.seal(part, person.sealing, share_purpose(address, sha256, number))
        for number, (person, part) in enumerate(zip(people, parts, strict=True), 1)
    )
    return Header(address=address, custodians=tuple(people), shares=tuple(sealed))


def sealed(chunks: Iterable[bytes], *, header: Header, key: bytes) -> Iterator[bytes]:
    """The bytes of the envelope, piece by piece. The key is used for this one envelope alone."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher, start = AESGCM(key), header.packed
    bound = hashlib.sha256(start).digest()
    yield start
    for number, (segment, is_last) in enumerate(_segments(chunks)):
        yield cipher.encrypt(_nonce(number, is_last=is_last), segment, bound)


def read_header(file: BinaryIO) -> Header:
    """Read the header at the beginning of an envelope. Raises Malformed when it is none."""
    start = file.read(len(MAGIC) + _LENGTH.size)
    if len(start) < len(MAGIC) + _LENGTH.size or not start.startswith(MAGIC):
        raise Malformed("no envelope")
    (length,) = _LENGTH.unpack(start[len(MAGIC) :])
    if length > MOST_HEADER_BYTES:
        raise Malformed(f"the header of the envelope would be {length} bytes long")
    return Header.parse(start + file.read(length))


def opened(file: BinaryIO, *, header: Header, key: bytes) -> Iterator[bytes]:
    """The content, segment by segment, from a file that stands behind its header.

    Raises Malformed as soon as a segment is not what was sealed; what came before is. Only the end says it was all.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher, bound = AESGCM(key), hashlib.sha256(header.packed).digest()
    following, number = file.read(SEGMENT_BYTES + TAG_BYTES), 0
    while True:
        segment, following = following, file.read(SEGMENT_BYTES + TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(number, is_last=not following), segment, bound)
        except (InvalidTag, ValueError) as error:
            raise Malformed(f"segment {number} was changed, cut off or moved, or the key is another") from error
        if not following:
            return
        number += 1


def _segments(chunks: Iterable[bytes]) -> Iterator[tuple[memoryview, bool]]:
    """Cut into segments; the last, perhaps empty, is marked. Chunks of whole segments are never copied."""
    rest = memoryview(b"")
    for chunk in filter(None, chunks):
        if len(rest) == SEGMENT_BYTES:
            yield rest, False
            rest = rest[:0]
        data = memoryview(bytes(rest) + chunk) if rest else memoryview(chunk)
        whole = (len(data) - 1) // SEGMENT_BYTES * SEGMENT_BYTES
        for at in range(0, whole, SEGMENT_BYTES):
            yield data[at : at + SEGMENT_BYTES], False
        rest = data[whole:]
    yield rest, True


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
