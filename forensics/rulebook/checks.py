"""What a check is, what it is given and what it says."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from forensics.errors import RuleError
from forensics.rulebook.conditions import RuleText
from forensics.rulebook.lock import Fault, faults, read_lock
from forensics.rulebook.pack import Manifest
from forensics.rulebook.patterns import Pattern
from forensics.rulebook.rule import Rule, RuleFile

LEVELS = ("error", "warning", "info")
"""An error does not load or cannot be relied on; a warning wants mending; an info may stay as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One remark on a pack. `line` and `column` count from 1, 0 is the file as a whole; `rule` is empty for one that
    is on no single rule."""

    path: Path
    line: int
    column: int
    code: str
    level: str
    message: str
    fix: str
    rule: str = ""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}" if self.line else f"{self.path}"
        return f"{place}: {self.code} {self.level}: {self.message}; {self.fix}"


@dataclass(frozen=True, slots=True)
class Remark:
    """What a check has to say: `start` is where, in characters of the rule's file; None: where the rule begins.

    `fix` is only for one that differs from what the check says of all.
    """

    message: str
    start: int | None = None
    fix: str = ""


@dataclass(frozen=True)
class Written:
    """One YARA rule as it is written, with what it says of itself (a private rule says nothing).

    `patterns` are its strings taken apart, by their place in `text.strings`; one that is not understood is left out.
    """

    file: RuleFile
    text: RuleText
    rule: Rule
    patterns: Mapping[int, Pattern]

    def named(self) -> Iterator[tuple[str, int, Pattern]]:
        """Every string that is understood: its name, where it stands and what it is."""
        for number, pattern in self.patterns.items():
            string = self.text.strings[number]
            yield string.name, string.start, pattern

    @property
    def who(self) -> str:
        """How messages call it."""
        return self.rule.id


@dataclass(frozen=True, slots=True)
class Spot:
    """A line, from 1, of a file that may be of no rule."""

    path: Path
    line: int


@dataclass(frozen=True)
class Whole:
    """Everything that was looked over: rules of all packs, and the folders of samples beside them."""

    rules: Sequence[Rule]
    written: Sequence[Written]
    places: Sequence[Path]
    folders: Sequence[Path]
    packs: Mapping[Path, Manifest]
    """What each pack says of itself, by its place; packs whose manifest does not load are left out."""
    unread: Set[str] = frozenset()
    """Ids in files that do not load."""
    today: date = field(default_factory=date.today)

    @cached_property
    def faults(self) -> Mapping[Path, Sequence[Fault]]:
        """In what each pack is not what its lock says, by its place; packs without one, or a broken one, have none."""
        found: dict[Path, Sequence[Fault]] = {}
        for place, manifest in self.packs.items():
            rules = [rule for rule in self.rules if rule.path.is_relative_to(place)]
            with suppress(RuleError):
                lock = read_lock(place)
                found[place] = list(faults(lock, manifest, rules, today=self.today, unread=self.unread)) if lock else ()
        return found

    @cached_property
    def ids(self) -> frozenset[str]:
        """Every id."""
        return frozenset(rule.id for rule in self.rules) | self.unread


@dataclass(frozen=True)
class Loaded:
    """One rule file as it was read: its rules as they are written, and the compiled whole for checks that ask YARA.

    `why_not`: why it could not be taken apart. `asked` remembers what YARA answered, by content.
    """

    file: RuleFile
    written: Sequence[Written]
    compiled: Any = field(repr=False, default=None)
    why_not: str = ""
    asked: dict[str, list[str] | None] = field(default_factory=dict)


class Check(ABC):
    """One question; what it says is found by `find`. `about` says in the table what it looks for and why it matters."""

    code: ClassVar[str]
    level: ClassVar[str]
    about: ClassVar[str]
    fix: ClassVar[str]

    def at(self, remark: Remark, *, path: Path, line: int = 0, column: int = 0, rule: str = "") -> Finding:
        """The remark with its place."""
        return Finding(
            path=path,
            line=line,
            column=column,
            code=self.code,
            level=self.level,
            message=remark.message,
            fix=remark.fix or self.fix,
            rule=rule,
        )


class RuleCheck(Check):
    """Is asked about every rule, whatever engine runs it."""

    @abstractmethod
    def find(self, rule: Rule) -> Iterator[Remark]:
        """What is wrong with the rule."""


class WrittenCheck(Check):
    """Is asked about every YARA rule as it is written."""

    @abstractmethod
    def find(self, written: Written) -> Iterator[Remark]:
        """What is wrong with how the rule is written."""


class FileCheck(Check):
    """Is asked about every file of rules that loads."""

    @abstractmethod
    def find(self, loaded: Loaded) -> Iterator[tuple[Remark, Rule | None]]:
        """What is wrong in the file, with the rule it is wrong with."""


class WholeCheck(Check):
    """Is asked once, about all rules together."""

    @abstractmethod
    def find(self, whole: Whole) -> Iterator[tuple[Remark, Rule | Path | Spot]]:
        """What is wrong, and with which rule or file, or where in one."""


class PlaceCheck(Check):
    """Is asked about every pack as it lies in the file system."""

    @abstractmethod
    def find(self, place: Path) -> Iterator[tuple[Remark, Path]]:
        """What is wrong, and with which file."""
