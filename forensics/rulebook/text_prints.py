"""Rules of the kind `text`: a passage known by keyed shingles, wherever it stands and however it was edited.

The print holds the key of its shingles, so who has the pack can test a guess of four words against it; the passage
itself cannot be read out of it. Prints of one pack share a key, so that a text is cut into shingles once for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from forensics.errors import Malformed, RuleError
from forensics.rulebook.prints import SUFFIX, Printed
from forensics.rulebook.rule import Rule
from forensics.rulebook.source import read_bytes

if TYPE_CHECKING:
    from forensics.fingerprints.text.index import TextIndex
    from forensics.fingerprints.text.shingles import TextPrint

TEXT = "text"
DISTINCTIVE_BITS = 100.0
"""What a dozen rare words tell: less may be said by others in the same line of work."""
_MAGIC = b"EWTP"


class Said(Printed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[rule.match]` of a rule of the kind `text`: its print, and which share of the passage must be there at least."""

    least_share: float = 0.0


class _Kept(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    version: str
    key: bytes
    elements: int
    words: int
    bits: float
    packed: bytes


def problem(said: Said, folder: Path) -> str:
    """What is wrong with it; empty when nothing is."""
    try:
        unpacked(said.read(folder))
    except (Malformed, RuleError) as error:
        return str(error)
    return "" if 0 <= said.least_share <= 1 else f"asks for a share of {said.least_share:g}, which is not from 0 to 1"


def said_by(rule: Rule) -> Said:
    """What a rule of this kind asks."""
    return msgspec.convert(rule.meta["match"], Said)


def print_of(rule: Rule) -> tuple[bytes, TextPrint]:
    """Key and shingles of a rule of this kind. Raises RuleError."""
    try:
        return unpacked(said_by(rule).read(rule.path.parent))
    except (Malformed, RuleError) as error:
        raise RuleError(f"{rule.path}:{rule.line}: {rule.id} {error}") from error


def printed(text: str, key: bytes) -> bytes:
    """The print of a passage. Raises Malformed for one that says too little to be known again."""
    from forensics.fingerprints.text.acceptance import WEAK_BELOW_BITS
    from forensics.fingerprints.text.shingles import TEXT_VERSION, Shingler

    made = Shingler(key).print(text, weak_below_bits=WEAK_BELOW_BITS)
    if made.is_weak:
        raise Malformed(f"says too little to be known again: {made.words} words, {made.bits:.0f} bits, all counted")
    kept = _Kept(
        version=TEXT_VERSION, key=key, elements=made.elements, words=made.words, bits=made.bits, packed=made.packed
    )
    return _MAGIC + msgspec.msgpack.encode(kept)


def unpacked(data: bytes) -> tuple[bytes, TextPrint]:
    """Key and shingles of a print. Raises Malformed for bytes that are none of this version."""
    from forensics.fingerprints.text.shingles import KEY_BYTES, TEXT_VERSION, TextPrint

    try:
        kept = msgspec.msgpack.decode(data.removeprefix(_MAGIC), type=_Kept)
    except msgspec.MsgspecError as error:
        raise Malformed("has a print that is none of a text") from error
    if not data.startswith(_MAGIC) or kept.version != TEXT_VERSION or len(kept.key) != KEY_BYTES:
        raise Malformed("has a print that is none of a text of this version")
    made = TextPrint(elements=kept.elements, words=kept.words, bits=kept.bits, is_weak=False, packed=kept.packed)
    made.shingles()
    return kept.key, made


def key_in(folder: Path) -> bytes | None:
    """The key of the prints of texts that lie in a folder, if there are any."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            return unpacked(read_bytes(path))[0]
        except (Malformed, RuleError):
            continue
    return None


def indexes(rules: Iterable[Rule]) -> Iterator[TextIndex]:
    """The prints of rules, ready to be searched; one index for each key. Raises RuleError."""
    from forensics.fingerprints.text.index import TextIndex, TextItem

    by_key: dict[bytes, list[TextItem]] = {}
    for rule in rules:
        key, made = print_of(rule)
        by_key.setdefault(key, []).append(TextItem(id=rule.id, group=rule.id, package=rule.id, print=made))
    yield from (TextIndex(key, items) for key, items in by_key.items())
