"""Signed heads: what a log was at one moment, in a form that any transparency-log witness reads and can countersign.

A head is a checkpoint (C2SP tlog-checkpoint): origin, number of entries, root of the tree, and as an extension line the
time. It is carried by a note (C2SP signed-note) that the log signs and witnesses cosign (C2SP tlog-cosignature,
Ed25519; signatures of other kinds are passed over like those of unknown keys). Whatever is wrong with a note from
outside is Malformed.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from forensics.custody.keys import SigningKey, Use, VerifierKey, decoded, is_name
from forensics.custody.tree import HASH_BYTES
from forensics.errors import Malformed
from forensics.text_safety import visible

MOST_NOTE_BYTES: Final = 1 << 20
MOST_SIGNATURES: Final = 100
LATEST_TIME: Final = (1 << 63) - 1

_DASH: Final = "\u2014 "
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f]")
_NOTE: Final = re.compile(f"((?:.+\n)+\n(?:{_DASH}.+\n)+)\n*")
"""A note whose text has no empty line, as no head has."""
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_ORIGIN: Final = re.compile(r"earwitness/([0-9a-f]{32})/([1-9][0-9]{0,18})")
_TIME: Final = re.compile(r"time (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A log at one moment: its origin, the number of its entries, the root of their tree."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()
    """Further lines, as they stand."""

    @classmethod
    def at(cls, agent: str, epoch: int, *, size: int, root: bytes, time: int) -> Head:
        """The head of one of our logs; `time` is in seconds since 1970, UTC."""
        return cls(origin=origin_of(agent, epoch), size=size, root=root, extensions=(f"time {time}",))

    @classmethod
    def parse(cls, text: str) -> Head:
        """Read the text of a checkpoint. Raises Malformed."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() or not all(lines):
            raise Malformed("a head has an origin, a size and a root, each on a line of its own, and no empty line")
        origin, size, root, *extensions = lines
        if not _SIZE.fullmatch(size):
            raise Malformed(f"the size of a head is no number: {visible(size[:40])}")
        if len(decoded(root)) != HASH_BYTES:
            raise Malformed("the root of a head is not 32 bytes long")
        return cls(origin=origin, size=int(size), root=decoded(root), extensions=tuple(extensions))

    @property
    def text(self) -> str:
        """What is signed."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), root, *self.extensions))

    @property
    def time(self) -> int | None:
        """When the log says that it was so, in seconds since 1970, UTC. Nobody else vouches for it."""
        said = [found for found in map(_TIME.fullmatch, self.extensions) if found]
        return int(said[0][1]) if said else None

    @property
    def log(self) -> tuple[str, int]:
        """(agent, epoch) of the log. Raises Malformed when the origin names none of ours."""
        found = _ORIGIN.fullmatch(self.origin)
        if found is None:
            raise Malformed(f"the origin of a head names no log of ours: {visible(self.origin[:200])}")
        return found[1], int(found[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature line: who says to have signed, the 4 bytes of the key id, and what the key made."""

    name: str
    key_id: bytes
    data: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.data).decode()}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A text and the signatures under it, none of them checked yet."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """Read a signed note. Raises Malformed."""
        if len(data) > MOST_NOTE_BYTES:
            raise Malformed(f"a note of more than {MOST_NOTE_BYTES} bytes")
        try:
            whole = data.decode()
        except UnicodeDecodeError as error:
            raise Malformed("a note that is no UTF-8") from error
        if _CONTROL.search(whole):
            raise Malformed("a note with control characters")
        text, separator, lines = whole.rpartition("\n\n")
        if not separator or not text or not lines.endswith("\n"):
            raise Malformed("a note without an empty line and signatures at its end")
        signatures = tuple(_signature(line) for line in lines[:-1].split("\n"))
        if len(signatures) > MOST_SIGNATURES:
            raise Malformed(f"a note with more than {MOST_SIGNATURES} signatures")
        return cls(text=f"{text}\n", signatures=signatures)

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.signatures))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A signature that holds, and whose it is. `time` is when a witness says that it signed, in seconds since 1970;
    a log says so in the text.
    """

    key: VerifierKey
    time: int | None


def signed(text: str, key: SigningKey) -> Note:
    """The text, which ends with a line end, as a note under one signature."""
    made = Signature(name=key.name, key_id=key.verifier.id, data=key.sign(text.encode()))
    return Note(text=text, signatures=(made,))


def sign(head: Head, key: SigningKey) -> Note:
    """The head as a note that the log signed."""
    return signed(head.text, key)


def cosign(note: Note, key: SigningKey, *, time: int) -> Note:
    """The note with a witness' signature added. The witness must have seen that the log only grew."""
    data = time.to_bytes(8, "big") + key.sign(_cosigned(note.text, time))
    made = Signature(name=key.name, key_id=key.verifier.id, data=data)
    return replace(note, signatures=(*note.signatures, made))


def check(note: Note, keys: Iterable[VerifierKey]) -> tuple[Signed, ...]:
    """The signatures of known keys; those of unknown ones are passed over.

    Raises Malformed when one of a known key does not hold, or when none is of a known key.
    """
    known = {(key.name, key.id): key for key in keys}
    found = []
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is not None:
            found.append(_checked(note.text, signature, key))
    if not found:
        raise Malformed("none of the signatures under the note is by a known key")
    return tuple(found)


def check_head(note: Note, keys: Iterable[VerifierKey]) -> tuple[Head, tuple[Signed, ...]]:
    """The head that its own log signed, and all its signatures by known keys. Raises Malformed."""
    head, found = Head.parse(note.text), check(note, keys)
    if not any(one.key.use is Use.NOTE and one.key.name == head.origin for one in found):
        raise Malformed("no known key of its own log signed the head")
    return head, found


def split(text: str) -> list[str]:
    """The signed notes of a file in which they stand one after another, empty lines between or none.

    Such files are added to by many hands. Raises Malformed.
    """
    found, place = [], 0
    while place < len(text):
        one = _NOTE.match(text, place)
        if one is None:
            raise Malformed("no row of signed notes, each with its signatures after an empty line")
        found.append(one[1])
        place = one.end()
    return found


def origin_of(agent: str, epoch: int) -> str:
    """How the log of this agent and epoch is named in its heads."""
    return f"earwitness/{agent}/{epoch}"


def _checked(text: str, signature: Signature, key: VerifierKey) -> Signed:
    message, data, time = text.encode(), signature.data, None
    if key.use is Use.COSIGNATURE:
        time, data = int.from_bytes(data[:8], "big"), data[8:]
        message = _cosigned(text, time)
    if (time or 0) > LATEST_TIME or not key.accepts(data, message):
        raise Malformed(f"the signature of {visible(key.name)} does not hold")
    return Signed(key=key, time=time)


def _cosigned(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _signature(line: str) -> Signature:
    if not line.startswith(_DASH):
        raise Malformed(f"no line of a signature: {visible(line[:100])}")
    name, _, encoded = line[len(_DASH) :].partition(" ")
    data = decoded(encoded)
    if not is_name(name) or len(data) <= 4:
        raise Malformed(f"no line of a signature: {visible(line[:100])}")
    return Signature(name=name, key_id=data[:4], data=data[4:])
