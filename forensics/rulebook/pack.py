"""One rule pack on disk: pack.toml, yara/*.yar and identifiers/*.toml become rules with what they say of themselves."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from forensics.errors import RuleError
from forensics.rulebook.fingerprint_rules import read_fingerprints
from forensics.rulebook.identifier_rules import read_identifiers
from forensics.rulebook.rule import Rule, RuleFile
from forensics.rulebook.source import line_of_key, read_bytes, read_text, read_toml
from forensics.rulebook.yara_rules import read_yara

MANIFEST = "pack.toml"
FINGERPRINTS = "fingerprints"
"""The folder of rules over whole observations."""
YARA_SUFFIXES = (".yar", ".yara")
_KEY = re.compile(r"unknown field `(.+)`|at `\$\.(\w+)")


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What pack.toml says. `timeout_s` is how long the pack's rules may take over one content, in seconds."""

    id: str
    name: str = ""
    version: str = "0"
    min_engine: str = ""
    licence: str = ""
    maintainers: tuple[str, ...] = ()
    description: str = ""
    timeout_s: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """One loaded pack; `digest` is the SHA-256 over names and bytes of its files."""

    manifest: Manifest
    folder: Path
    files: tuple[RuleFile, ...]
    digest: str

    @property
    def id(self) -> str:
        """The pack's id."""
        return self.manifest.id

    @property
    def rules(self) -> Iterator[Rule]:
        """Every rule of the pack, in the order of its files."""
        for file in self.files:
            yield from file.rules


def find_packs(path: Path) -> list[Path]:
    """The packs at a path: the folder itself, the packs in it, or one rule file.

    Raises RuleError for neither, and for a pack whose manifest or rule file is a link that leads nowhere: rules that
    are named and not there are not left out in silence.
    """
    if path.is_file() and path.suffix in YARA_SUFFIXES:
        return [path]
    if not path.is_dir():
        raise RuleError(f"{path}: no such rule pack")
    is_pack = os.path.lexists(path / MANIFEST) or any(rule_paths(path))
    found = [path] if is_pack else sorted(child for child in path.iterdir() if os.path.lexists(child / MANIFEST))
    if not found:
        raise RuleError(f"{path}: neither {MANIFEST} nor rule files in it")
    for place in found:
        _refuse_lost(place)
    return found


def rule_paths(place: Path) -> Iterator[Path]:
    """The rule files of a pack, sorted: yara/ and loose rule files, identifiers/, fingerprints/."""
    if place.is_file():
        yield place
        return
    for folder in (place, place / "yara"):
        if folder.is_dir():
            yield from sorted(p for p in folder.glob("[!.]*") if p.suffix in YARA_SUFFIXES and p.is_file())
    for name in ("identifiers", FINGERPRINTS):
        if (place / name).is_dir():
            yield from sorted((place / name).glob("[!.]*.toml"))


def _refuse_lost(place: Path) -> None:
    if os.path.lexists(place / MANIFEST) and not (place / MANIFEST).is_file():
        raise RuleError(f"{place / MANIFEST}: no regular file, or a link that leads to none")
    for path in (path for folder in (place, place / "yara") for path in folder.glob("[!.]*")):
        if path.suffix in YARA_SUFFIXES and path.is_symlink() and not path.exists():
            raise RuleError(f"{path}: a link that leads nowhere")


def read_pack(place: Path) -> Pack:
    """Read and compile one pack. Raises RuleError that begins with file and line."""
    manifest = read_manifest(place)
    digest = hashlib.sha256()
    files = []
    for path in ([] if place.is_file() else [place / MANIFEST]) + list(rule_paths(place)):
        data = read_bytes(path) if path.exists() else b""
        digest.update(f"{path.name}\0{len(data)}\0".encode() + data)
        if path.name != MANIFEST:
            files.append(read_file(path, manifest.id))
    return Pack(manifest=manifest, folder=place, files=tuple(files), digest=digest.hexdigest())


def read_manifest(place: Path) -> Manifest:
    """Read pack.toml; rules without one make a pack named like their folder. Raises RuleError."""
    path = place / MANIFEST
    if place.is_file() or not path.exists():
        return Manifest(id=place.stem, name=place.stem)
    try:
        return msgspec.convert(read_toml(path), Manifest)
    except msgspec.ValidationError as error:
        named = _KEY.search(str(error))
        line = line_of_key(read_text(path), named[1] or named[2]) if named else 1
        raise RuleError(f"{path}:{line}: {error}") from error


def read_file(path: Path, pack: str) -> RuleFile:
    """Read one file of rules. Raises RuleError that begins with file and line."""
    if path.suffix == ".toml":
        return read_fingerprints(path, pack) if path.parent.name == FINGERPRINTS else read_identifiers(path, pack)
    return read_yara(path, pack)
