"""What lies in a pack: what does not load, is not read, or does not say what it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from forensics.rulebook.checks import Check, FileCheck, Loaded, PlaceCheck, Remark, Whole, WholeCheck
from forensics.rulebook.pack import MANIFEST, YARA_SUFFIXES, rule_paths
from forensics.rulebook.rule import Rule
from forensics.text_safety import has_hidden, visible

_COMPILED_SUFFIXES = (".yarc", ".compiled")
_MOST_NAMED = 50


class Broken(Check):
    """What does not load; told by whoever reads it."""

    code, level = "R000", "error"
    about = "does not load: no such pack, a slip in the language, not UTF-8, compiled rules, or without end to compile"
    fix = "nothing of a pack is used until all of it loads"


class NotUnderstood(FileCheck):
    """A rule file that compiles but was not taken apart."""

    code, level = "Y101", "info"
    about = "compiles, but could not be taken apart: its strings and conditions were not looked at"
    fix = "nothing, or write the odd place more plainly"

    def find(self, loaded: Loaded) -> Iterator[tuple[Remark, Rule | None]]:
        """Why it was not."""
        if loaded.why_not:
            yield Remark(loaded.why_not), None


class NoManifest(PlaceCheck):
    """A folder of rules without a name."""

    code, level = "P001", "warning"
    about = f"no {MANIFEST}: the pack does not say what it is"
    fix = "write id, name, version and licence"

    def find(self, place: Path) -> Iterator[tuple[Remark, Path]]:
        """That it is missing."""
        if place.is_dir() and not (place / MANIFEST).exists():
            yield Remark("the pack does not say what it is"), place / MANIFEST


class NotRead(PlaceCheck):
    """What looks like a rule file and is none."""

    code, level = "P002", "warning"
    about = "looks like rules but is not read: a folder or pipe named x.yar, rules a folder too deep, compiled rules"
    fix = f"put rule files (*{', *'.join(YARA_SUFFIXES)}) into yara/, as source"

    def find(self, place: Path) -> Iterator[tuple[Remark, Path]]:
        """Each such entry."""
        read = set(rule_paths(place))
        for path in list(_candidates(place))[:_MOST_NAMED]:
            if path not in read:
                what = "is a folder" if path.is_dir() else "is not read" if path.is_file() else "is no regular file"
                yield Remark(what), path


class NoRules(PlaceCheck):
    """A pack with nothing in it."""

    code, level = "P003", "warning"
    about = "a pack without a rule file"
    fix = "earwitness rules new writes a first rule"

    def find(self, place: Path) -> Iterator[tuple[Remark, Path]]:
        """That it has none."""
        if place.is_dir() and not any(rule_paths(place)):
            yield Remark("the pack has no rules"), place


class TakenPack(WholeCheck):
    """One id for two packs."""

    code, level = "P004", "error"
    about = "two packs with one id: neither loads beside the other"
    fix = "give one of them another id"

    def find(self, whole: Whole) -> Iterator[tuple[Remark, Path]]:
        """The later of the two."""
        seen: dict[str, Path] = {}
        for place, manifest in whole.packs.items():
            other = seen.setdefault(manifest.id, place)
            if other.resolve() != place.resolve():
                yield Remark(f"the pack id {manifest.id} is taken by {other}"), place


class Hidden(FileCheck):
    """Signs nobody sees."""

    code, level = "Y102", "warning"
    about = "characters that are not seen, or turn the direction of reading: what is read is not what is compiled"
    fix = "write them as \\xNN, or leave them out"

    def find(self, loaded: Loaded) -> Iterator[tuple[Remark, Rule | None]]:
        """The first of each line, and of what a rule of another kind says of itself."""
        start, told = 0, 0
        for line in loaded.file.text.splitlines(keepends=True):
            bare = line.strip("\r\n\t ").replace("\t", " ")
            if has_hidden(bare) and told < _MOST_NAMED:
                told += 1
                at = next(number for number, sign in enumerate(line) if sign not in "\r\n\t" and has_hidden(sign))
                yield Remark(f"the character {visible(line[at])} is hidden", start + at), None
            start += len(line)
        for rule in loaded.file.rules if not loaded.file.text else ():
            if has_hidden(f"{rule.id} {rule.title} {rule.meta.get('description', '')}"):
                yield Remark(f"{visible(rule.id)} says a hidden character"), rule


def _candidates(place: Path) -> Iterator[Path]:
    """What may be taken for rules in a pack, two folders deep."""
    if not place.is_dir():
        return
    for pattern in ("*", "*/*", "*/*/*"):
        for path in sorted(place.glob(pattern)):
            if path.relative_to(place).parts[0] == "samples":
                continue
            if path.suffix in (*YARA_SUFFIXES, *_COMPILED_SUFFIXES):
                yield path
