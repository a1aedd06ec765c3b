"""What changed since a pack was locked, and does not say so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import ClassVar

from forensics.errors import RuleError
from forensics.rulebook.checks import PlaceCheck, Remark, RuleCheck, Whole, WholeCheck
from forensics.rulebook.lock import LOCK, Kind, read_lock
from forensics.rulebook.rule import Rule


class AgainstLock:
    """One kind of difference between packs and their locks."""

    kind: ClassVar[Kind]

    def find(self, whole: Whole) -> Iterator[tuple[Remark, Rule | Path]]:
        """Each difference of that kind, with its rule, or with the lock when the rule is gone."""
        by_id = {rule.id: rule for rule in whole.rules}
        for place, found in whole.faults.items():
            for fault in found:
                if fault.kind is self.kind:
                    yield Remark(fault.message), by_id.get(fault.rule, place / LOCK)


class Changed(AgainstLock, WholeCheck):
    """A rule that is another under the same version."""

    code, level, kind = "R030", "error", Kind.CHANGED
    about = f"changed without a version: not what `{LOCK}` says of this version"
    fix = "raise its version, then earwitness rules lock"


class Sank(AgainstLock, WholeCheck):
    """A version that was there before."""

    code, level, kind = "R031", "error", Kind.SANK
    about = f"a version that fell below that of `{LOCK}`"
    fix = "give it a higher version than it had"


class Reused(AgainstLock, WholeCheck):
    """The id of a rule that is removed."""

    code, level, kind = "R032", "error", Kind.REUSED
    about = f"an id used again: `{LOCK}` says it was another rule's, which is removed"
    fix = "ids are for ever: take a new one"


class Removed(AgainstLock, WholeCheck):
    """A rule that is gone too soon."""

    code, level, kind = "R033", "warning", Kind.REMOVED
    about = "a rule that is gone without having been deprecated, or before its sunset"
    fix = "put it back with status deprecated, replaced_by and sunset"


class Stale(AgainstLock, WholeCheck):
    """A lock that is behind its pack."""

    code, level, kind = "R034", "info", Kind.STALE
    about = f"not in `{LOCK}` yet: a new rule, version or status"
    fix = "earwitness rules lock"


class LockBroken(PlaceCheck):
    """A lock that says nothing."""

    code, level = "P005", "error"
    about = f"a `{LOCK}` that cannot be read: nobody knows what was locked"
    fix = "take it from your version control"

    def find(self, place: Path) -> Iterator[tuple[Remark, Path]]:
        """Why it cannot."""
        try:
            read_lock(place)
        except RuleError as error:
            yield Remark(str(error).removeprefix(f"{place / LOCK}:")), place / LOCK


class SunsetShape(RuleCheck):
    """A date that is none."""

    code, level = "R017", "warning"
    about = "`sunset` is no date"
    fix = "write the date from which the rule may go, like 2027-06-30"

    def find(self, rule: Rule) -> Iterator[Remark]:
        """Its value, when it is no date."""
        said = str(rule.meta.get("sunset", ""))
        try:
            date.fromisoformat(said or "2000-01-01")
        except ValueError:
            yield Remark(f"{rule.id} goes on {said!r}")
