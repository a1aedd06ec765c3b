"""Looks rule packs over before anybody relies on them: what is missing, unknown, taken twice, slow or untested.

A pack is read file by file, each file's rules are taken apart as they are written, and every check of `lints/` asked.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeVar

from forensics import plugins
from forensics.errors import RuleError
from forensics.rulebook import lints
from forensics.rulebook.checks import (
    Check,
    FileCheck,
    Finding,
    PlaceCheck,
    Remark,
    RuleCheck,
    Spot,
    Whole,
    WholeCheck,
    Written,
    WrittenCheck,
)
from forensics.rulebook.compiling import EXTERNALS
from forensics.rulebook.lint_loading import load
from forensics.rulebook.lints.files import Broken
from forensics.rulebook.pack import MANIFEST, Manifest, find_packs, read_file, read_manifest, rule_paths
from forensics.rulebook.rule import Rule
from forensics.rulebook.source import ids_in, read_text

C = TypeVar("C", bound=Check)
_WORDS = ("filesize", "entrypoint", "uint8", "uint16", "uint32", "uint16be", "uint32be", "int8", "int16", "int32")
_PLACE = re.compile(r"^(?P<path>.+?):(?P<line>\d+): (?P<text>.*)", re.DOTALL)


@cache
def checks() -> tuple[Check, ...]:
    """Every check there is, by its code."""
    kinds: list[type[Check]] = plugins.discover(lints, Check)
    return tuple(sorted((kind() for kind in kinds), key=lambda check: check.code))


def lint(
    places: Iterable[Path],
    samples: Sequence[Path],
    *,
    given_up: Mapping[str, str] | None = None,
    heed: Callable[[Path], None] = lambda _: None,
) -> list[Finding]:
    """Every remark on the packs at some places, ordered by file and line. Never raises for what is in them.

    `samples` are folders of samples beside the packs' own. `heed` is told of each file before it is read; files that
    are `given_up`, with the reason, are not read again.
    """
    looking = _Looking(given_up=given_up or {}, heed=heed)
    for place in looking.packs(places):
        looking.look_at(place)
    folders = [*samples, *(place / "samples" for place in looking.places)]
    looking.look_together(
        Whole(
            rules=looking.rules,
            written=looking.written,
            places=looking.places,
            folders=folders,
            packs=looking.manifests,
            unread=looking.unread,
        )
    )
    return sorted(set(looking.findings), key=lambda found: (str(found.path), found.line, found.column, found.code))


@dataclass(kw_only=True)
class _Looking:
    """What was found so far."""

    given_up: Mapping[str, str]
    heed: Callable[[Path], None]
    findings: list[Finding] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    places: list[Path] = field(default_factory=list)
    manifests: dict[Path, Manifest] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    """Ids in files that do not load."""

    def packs(self, places: Iterable[Path]) -> Iterator[Path]:
        """The packs at the places."""
        for place in places:
            try:
                yield from find_packs(place)
            except RuleError as error:
                self.findings.append(_broken(error, place))

    def look_at(self, place: Path) -> None:
        """One pack: as it lies, and file by file."""
        self.places.append(place)
        pack = place.stem
        try:
            self.manifests[place] = read_manifest(place)
            pack = self.manifests[place].id
        except RuleError as error:
            self.findings.append(_broken(error, place / MANIFEST))
        for check in _of(PlaceCheck):
            self.findings += [check.at(remark, path=path) for remark, path in check.find(place)]
        for path in rule_paths(place):
            try:
                self._look_into(path, pack)
            except RuleError as error:
                self.findings.append(_broken(error, path))
                self.unread.update(ids_in(path))

    def look_together(self, whole: Whole) -> None:
        """All packs at once."""
        for check in _of(WholeCheck):
            for remark, about in check.find(whole):
                if isinstance(about, Path):
                    self.findings.append(check.at(remark, path=about))
                elif isinstance(about, Spot):
                    self.findings.append(check.at(remark, path=about.path, line=about.line, column=1))
                else:
                    self.findings.append(check.at(remark, path=about.path, line=about.line, column=1, rule=about.id))

    def _look_into(self, path: Path, pack: str) -> None:
        if str(path) in self.given_up:
            raise RuleError(f"{path}: {self.given_up[str(path)]}")
        self.heed(path)
        loaded = load(read_file(path, pack))
        self.rules += loaded.file.rules
        self.written += loaded.written
        finds = _Places(loaded.file.text)
        for rule in loaded.file.rules:
            for each in _of(RuleCheck):
                self.findings += [
                    each.at(remark, path=path, line=rule.line, column=1, rule=rule.id) for remark in each.find(rule)
                ]
        for written in loaded.written:
            self.findings += _remarks(written, finds)
        for check in _of(FileCheck):
            for remark, about in check.find(loaded):
                line, column = finds.of(remark.start or 0)
                if about is not None and remark.start is None:
                    line, column = about.line, 1
                self.findings.append(
                    check.at(remark, path=path, line=line, column=column, rule=about.id if about else "")
                )


class _Places:
    """Lines and columns, from 1, of characters of a text."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(hit.end() for hit in re.finditer("\n", text))]

    def of(self, start: int) -> tuple[int, int]:
        """Where a character stands."""
        line = bisect_right(self._starts, start)
        return line, start - self._starts[line - 1] + 1


@cache
def _of(kind: type[C]) -> tuple[C, ...]:
    return tuple(check for check in checks() if isinstance(check, kind))


def _remarks(written: Written, places: _Places) -> Iterator[Finding]:
    for check in _of(WrittenCheck):
        for remark in check.find(written):
            line, column = places.of(written.text.start if remark.start is None else remark.start)
            yield check.at(remark, path=written.file.path, line=line, column=column, rule=written.rule.id)


def _broken(error: RuleError, path: Path) -> Finding:
    found = _PLACE.match(str(error))
    if found is None:
        return Broken().at(Remark(str(error).removeprefix(f"{path}: ")), path=path)
    path, line = Path(found["path"]), int(found["line"])
    column, meant = _named(found["text"], path, line)
    return Broken().at(Remark(found["text"], fix=meant), path=path, line=line, column=column)


def _named(message: str, path: Path, line: int) -> tuple[int, str]:
    """The column of what the compiler names, and what it may have been meant for."""
    named = re.search(r'"([^"]+)"', message)
    try:
        text = read_text(path).split("\n")[line - 1]
    except (RuleError, IndexError):
        return 1, ""
    if named is None or named[1] not in text:
        return len(text) - len(text.lstrip()) + 1, ""
    near = difflib.get_close_matches(named[1], [*EXTERNALS, *_WORDS], 1) if "undefined" in message else []
    return text.index(named[1]) + 1, f"did you mean {near[0]}?" if near else ""
