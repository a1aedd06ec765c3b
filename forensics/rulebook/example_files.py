"""What lies beside a draft: its examples as hits, near misses, and for evidence its format alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from forensics.errors import RuleError
from forensics.rulebook.cases import HIT, MISS
from forensics.rulebook.drafting import Draft, matches
from forensics.rulebook.near_misses import near_misses
from forensics.rulebook.structure import blanked, is_harmless, is_text, pieces_of
from forensics.rulebook.templates import rule_path, sample_path

_MOST_ORDINARY = 4000
_MEANT = ("packages", "returns", "locked")
_ORDINARY_BYTES = 4 << 20
_ALL_ORDINARY_BYTES = 64 << 20
_MOST_BLANKED_BYTES = 256 << 10
_MOST_SUFFIX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One example: its name, its bytes, and the id of the evidence it is, empty for a file."""

    name: str
    data: bytes
    evidence: str = ""

    def as_sample(self, draft: Draft) -> Example | None:
        """What may be kept of it as a sample: a file as it is; of evidence its format, with what it says taken out.

        None where nothing is left that the rule matches.
        """
        if not self.evidence:
            return self
        if not is_text(self.data) or len(self.data) > _MOST_BLANKED_BYTES:
            return None
        kept = [*(piece for piece in pieces_of(self.data) if is_harmless(piece)), *(c.piece for c in draft.strings)]
        data = blanked(self.data, kept)
        suffix = Path(self.name).suffix
        is_plain = len(suffix) <= _MOST_SUFFIX and suffix[1:].isascii() and suffix[1:].isalnum()
        name = f"format-of-{self.evidence}{suffix if is_plain else ''}"
        return Example(name=name, data=data) if matches(draft.source, data) else None


def files_of(draft: Draft, examples: Sequence[Example], misses: Sequence[Example]) -> dict[PurePosixPath, bytes]:
    """The files of the pack that a draft needs: its rule and its samples."""
    files = {rule_path(draft.id): draft.source.encode()}
    samples = [sample for each in examples if (sample := each.as_sample(draft)) is not None]
    for sample in samples:
        files[_free(files, sample_path(draft.id, HIT, sample.name))] = sample.data
    for miss in misses:
        files[_free(files, sample_path(draft.id, MISS, miss.name))] = miss.data
    for sample in samples[:1]:
        for what, data in near_misses(sample.data, draft):
            if not matches(draft.source, data):
                stem, suffix = os.path.splitext(sample.name)
                files[_free(files, sample_path(draft.id, MISS, f"{stem}-{what}{suffix}"))] = data
    return files


def ordinary_files(folder: Path) -> dict[str, bytes]:
    """What rules should leave alone among the shipped samples, by name, as far as it is few and small enough.

    Packages, returns and the hits of rules are not: another rule may well be about them.
    """
    found: dict[str, bytes] = {}
    left = _ALL_ORDINARY_BYTES
    for path in sorted(folder.rglob("*"))[:_MOST_ORDINARY]:
        parts = path.relative_to(folder).parts
        is_meant = parts[0] in _MEANT or "hit" in parts
        if is_meant or not path.is_file() or path.suffix == ".py":
            continue
        data = _read(path)
        left -= len(data)
        if left < 0:
            break
        found[str(path.relative_to(folder))] = data
    return found


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_ORDINARY_BYTES)
    except OSError:
        return b""


def _free(files: Mapping[PurePosixPath, bytes], path: PurePosixPath) -> PurePosixPath:
    """The path, or the next one with a number that no other file has yet."""
    return next(each for each in _numbered(path) if each not in files)


def _numbered(path: PurePosixPath) -> Iterator[PurePosixPath]:
    yield path
    for number in range(2, 1000):
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")
    raise RuleError(f"{path}: too many samples of one name")
