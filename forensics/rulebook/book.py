"""Loaded rule packs, as matchers read them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from forensics.errors import RuleError
from forensics.rulebook.pack import Pack, find_packs, read_pack
from forensics.rulebook.rule import Rule, RuleFile

DEFAULT_TIMEOUT_S = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """A loaded, read-only set of rule packs. Compiled rules are not in it: their matcher compiles what it needs."""

    packs: tuple[Pack, ...] = ()
    version: str = "none"
    by_id: Mapping[str, Rule] = field(default_factory=dict)

    @classmethod
    def empty(cls) -> Rulebook:
        """No rules at all."""
        return cls()

    @classmethod
    def load(cls, folders: Sequence[Path]) -> Rulebook:
        """Read packs; a folder is a pack, holds packs, or is one rule file. The same folder twice counts once.

        Raises RuleError, beginning with file and line, for what does not compile and for an id that two packs or
        two rules share.
        """
        places = dict.fromkeys(place.resolve() for folder in folders for place in find_packs(folder))
        return cls.of(read_pack(place) for place in places)

    @classmethod
    def of(cls, packs: Iterable[Pack]) -> Rulebook:
        """Put loaded packs together. Raises RuleError for ids that clash."""
        kept = tuple(packs)
        _check_pack_ids(kept)
        digest = hashlib.sha256("".join(sorted(pack.digest for pack in kept)).encode()).hexdigest()
        return cls(packs=kept, version=digest[:16] if kept else "none", by_id=_by_id(kept))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule, in the order of packs and files."""
        return tuple(self.by_id.values())

    @property
    def files(self) -> tuple[RuleFile, ...]:
        """Every rule file."""
        return tuple(file for pack in self.packs for file in pack.files)

    @property
    def timeout_s(self) -> int:
        """How long rules may take over one content, in seconds: the longest any pack asks for."""
        return max((pack.manifest.timeout_s for pack in self.packs), default=DEFAULT_TIMEOUT_S)

    def rule(self, id: str) -> Rule | None:
        """The rule with that id."""
        return self.by_id.get(id)

    def activated(self) -> Rulebook:
        """The same book with drafts and deprecated rules active, as trials want it."""
        return replace(self, by_id={id: replace(rule, status="active") for id, rule in self.by_id.items()})


def _check_pack_ids(packs: Sequence[Pack]) -> None:
    seen: dict[str, Path] = {}
    for pack in packs:
        if pack.id in seen:
            raise RuleError(f"{pack.folder}: pack id {pack.id!r} is taken by {seen[pack.id]}")
        seen[pack.id] = pack.folder


def _by_id(packs: Sequence[Pack]) -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for rule in (rule for pack in packs for rule in pack.rules):
        if rule.id in found:
            other = found[rule.id]
            raise RuleError(f"{rule.path}:{rule.line}: rule id {rule.id} is taken by {other.path}:{other.line}")
        found[rule.id] = rule
    return found
