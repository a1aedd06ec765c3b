"""Signed packs: which bytes of which files somebody vouched for.

`pack.sig` lies in the pack, beside what it is about: a signed note (C2SP signed-note, Ed25519) over the pack's id and
version and the SHA-256 of every file with its name. What was altered, added or taken away since does not hold. An older
state of the pack that was signed too does hold; nothing but the version in its `pack.toml` tells it from the latest.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from forensics.custody import notes
from forensics.custody.keys import SigningKey, VerifierKey
from forensics.errors import ConfigError, Malformed, RuleError
from forensics.rulebook.pack import Manifest, find_packs, rule_paths
from forensics.rulebook.source import read_bytes
from forensics.text_safety import visible

LEFT_OUT = ("samples", "tests")
"""Folders of a pack that no rule is made of."""
SIGNATURE = "pack.sig"
MOST_FILES = 10_000
_HEAD = "earwitness rule pack v1"
_MOST_NAMED = 5
_BLOCK = 1 << 20
_LINE = re.compile(r"([0-9a-f]{64}) (.+)")
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")

Digests = Mapping[str, str]
"""SHA-256 of each file, in hexadecimal, by its name within the pack."""


def signers_of(texts: Sequence[str]) -> tuple[VerifierKey, ...]:
    """The public keys in the setting `rules_signers`. Raises ConfigError."""
    try:
        return tuple(VerifierKey.parse(text) for text in texts)
    except Malformed as error:
        raise ConfigError(f"rules_signers: {error}") from error


def sign(place: Path, manifest: Manifest, key: SigningKey) -> int:
    """Write the signature of a pack as it lies there, beside those of others over the same; how many files it is over.

    Raises RuleError for what cannot be signed.
    """
    digests = digests_of(place)
    note = notes.signed(_text(manifest, digests), key)
    path = place / SIGNATURE
    others: tuple[notes.Signature, ...] = ()
    if path.exists():
        old = _read(path, read_bytes(path))
        mine = (key.name, key.verifier.id)
        others = tuple(each for each in old.signatures if old.text == note.text and (each.name, each.key_id) != mine)
    whole = str(notes.Note(text=note.text, signatures=(*others, *note.signatures))).encode()
    _read(path, whole)
    unfinished = path.with_name(f".{SIGNATURE}.{os.getpid()}")
    try:
        unfinished.write_bytes(whole)
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise RuleError(f"{path}: {error.strerror}") from error
    return len(digests)


def require(places: Sequence[Path], signers: Sequence[VerifierKey]) -> None:
    """See that what rules are made of is signed as it lies there, in every pack at the places.

    Raises RuleError that begins with the file.
    """
    for place in (pack for path in places for pack in find_packs(path)):
        if place.is_file():
            raise RuleError(f"{place}: a lone rule file cannot be signed, and {_WANTED}; put it into a folder")
        path = place / SIGNATURE
        signature = read_bytes(path) if path.exists() else b""
        check(place, digests_of(place, left_out=LEFT_OUT), signature, signers, left_out=LEFT_OUT)


def check(
    place: Path, digests: Digests, signature: bytes, signers: Sequence[VerifierKey], *, left_out: Sequence[str] = ()
) -> list[str]:
    """The names of the keys that signed the pack with these files; `left_out` are folders of it that are not there.

    Raises RuleError, which begins with the file, when none of the signers did, or over other bytes.
    """
    path = place / SIGNATURE
    if not signature:
        raise RuleError(f"{place}: the pack is not signed, and {_WANTED}")
    note = _read(path, signature)
    try:
        held = notes.check(note, signers)
    except Malformed as error:
        who = ", ".join(visible(each.name) for each in note.signatures)
        raise RuleError(f"{path}: signed by {who}: {error}") from error
    signed = {name: digest for name, digest in _signed(path, note.text) if name.partition("/")[0] not in left_out}
    if told := list(_differences(signed, digests)):
        named = ", ".join(told[:_MOST_NAMED])
        more = f" and {len(told) - _MOST_NAMED} more" if len(told) > _MOST_NAMED else ""
        raise RuleError(f"{place}: not what was signed: {named}{more}")
    return [each.key.name for each in held]


_WANTED = "rules_signers wants packs that are"


def digests_of(place: Path, *, left_out: Sequence[str] = ()) -> dict[str, str]:
    """The digest of every file of a pack but hidden ones, the signature, and those in folders that are `left_out`.

    Raises RuleError for what is no file.
    """
    found: dict[str, str] = {}
    for path in sorted({*_walked(place, left_out), *rule_paths(place)}):
        name = str(path.relative_to(place))
        if name == SIGNATURE:
            continue
        if len(found) >= MOST_FILES:
            raise RuleError(f"{place}: more than {MOST_FILES} files")
        if _CONTROL.search(name):
            raise RuleError(f"{place}: {visible(name)}: a name that cannot be signed")
        found[name] = _digest(path)
    return found


def _walked(place: Path, left_out: Sequence[str]) -> Iterator[Path]:
    for folder, folders, files in os.walk(place):
        is_top = Path(folder) == place
        folders[:] = [name for name in folders if name[0] != "." and not (is_top and name in left_out)]
        yield from (Path(folder) / name for name in files if name[0] != ".")


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        if not path.is_file():
            raise RuleError(f"{path}: no regular file, or a link that leads to none")
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise RuleError(f"{path}: {error.strerror}") from error
    return digest.hexdigest()


def _text(manifest: Manifest, digests: Digests) -> str:
    for said in (manifest.id, manifest.version):
        if _CONTROL.search(said):
            raise RuleError(f"{visible(said)}: neither id nor version of a pack may have control characters")
    lines = [_HEAD, f"pack {manifest.id}", f"version {manifest.version}"]
    return "".join(f"{line}\n" for line in [*lines, *(f"{digest} {name}" for name, digest in digests.items())])


def _read(path: Path, data: bytes) -> notes.Note:
    try:
        return notes.Note.parse(data)
    except Malformed as error:
        raise RuleError(f"{path}:1: no signature of a pack: {error}") from error


def _signed(path: Path, text: str) -> Iterator[tuple[str, str]]:
    lines = text.split("\n")
    if lines[0] != _HEAD:
        raise RuleError(f"{path}:1: signs something else than a rule pack")
    for number, line in enumerate(lines[3:-1], 4):
        found = _LINE.fullmatch(line)
        if found is None:
            raise RuleError(f"{path}:{number}: neither digest nor name of a file")
        yield found[2], found[1]


def _differences(signed: Digests, digests: Digests) -> Iterator[str]:
    for name in sorted({*signed, *digests}):
        if signed.get(name) != digests.get(name):
            what = "was added" if name not in signed else "is gone" if name not in digests else "was altered"
            yield f"{visible(name)} {what}"
