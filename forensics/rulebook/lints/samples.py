"""Ids and samples, over all packs together: what is taken twice, untested, or tests nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from forensics.errors import RuleError
from forensics.rulebook.book import Rulebook
from forensics.rulebook.cases import HIT, MISS, TESTS, BadCase, written_cases
from forensics.rulebook.checks import Remark, Spot, Whole, WholeCheck
from forensics.rulebook.pack import Pack
from forensics.rulebook.rule import Rule
from forensics.rulebook.source import read_toml

ENOUGH = 2
"""Samples of either kind from which on a rule counts as tried."""
_MOST_NAMED = 50


class TakenId(WholeCheck):
    """An id for two rules."""

    code, level = "R001", "error"
    about = "an id that another rule has, in this pack or another: neither pack loads beside the other"
    fix = "ids are for ever: take a new one"

    def find(self, whole: Whole) -> Iterator[tuple[Remark, Rule]]:
        """The later of the two."""
        seen: dict[str, Rule] = {}
        for rule in whole.rules:
            other = seen.setdefault(rule.id, rule)
            if other is not rule:
                yield Remark(f"the id {rule.id} is taken by {other.path}:{other.line}"), rule


class UnknownHeir(WholeCheck):
    """A rule that is replaced by one that is not there."""

    code, level = "R016", "warning"
    about = "`replaced_by` names a rule that is in none of the packs"
    fix = "name the id of the rule that does its work now"

    def find(self, whole: Whole) -> Iterator[tuple[Remark, Rule]]:
        """The name."""
        for rule in whole.rules:
            heir = str(rule.meta.get("replaced_by", ""))
            if heir and heir not in whole.ids:
                yield Remark(f"{rule.id} is replaced by {heir!r}, which is not there"), rule


class NoHit(WholeCheck):
    """A rule without a sample it must find."""

    code, level = "R020", "warning"
    about = "no sample and no written case that the rule must find"
    fix = "put a sample into samples/ID/hit/ or write a case into tests/ID/"

    def find(self, whole: Whole) -> Iterator[tuple[Remark, Rule]]:
        """Each rule without."""
        yield from _lacking(
            whole, HIT, 0, "has no hit", fix="put one into samples/{id}/hit/, or a case into tests/{id}/"
        )


class NoNearMiss(WholeCheck):
    """A rule without a sample it must leave alone."""

    code, level = "R021", "warning"
    about = "no near miss: nobody knows what the rule leaves alone"
    fix = "put what looks alike, and must not be found, into samples/ID/miss/"

    def find(self, whole: Whole) -> Iterator[tuple[Remark, Rule]]:
        """Each rule without."""
        yield from _lacking(whole, MISS, 0, "has no near miss", fix="put what nearly is one into samples/{id}/miss/")


class OneHit(WholeCheck):
    """A rule with one sample it must find."""

    code, level = "R022", "info"
    about = "one hit only: it may be found by what is particular to it"
    fix = "add a second that was made otherwise"

    def find(self, whole: Whole) -> Iterator[tuple[Remark, Rule]]:
        """Each rule with one."""
        yield from _lacking(whole, HIT, 1, "has one hit")


class OneNearMiss(WholeCheck):
    """A rule with one sample it must leave alone."""

    code, level = "R023", "info"
    about = "one near miss only"
    fix = "add a second that lacks something else"

    def find(self, whole: Whole) -> Iterator[tuple[Remark, Rule]]:
        """Each rule with one."""
        yield from _lacking(whole, MISS, 1, "has one near miss")


class SamplesOfNone(WholeCheck):
    """Samples that no rule is tried on."""

    code, level = "R024", "warning"
    about = "a folder of samples or tests that is named like no rule, so that nothing is tried on it"
    fix = "name it like the id of the rule"

    def find(self, whole: Whole) -> Iterator[tuple[Remark, Path]]:
        """Each such folder of the packs' own samples."""
        for folder in (place / name for place in whole.places for name in ("samples", TESTS)):
            names = sorted(child.name for child in folder.iterdir() if child.is_dir()) if folder.is_dir() else []
            strange = [name for name in names if name not in whole.ids and not name.startswith((".", "_"))]
            for name in strange[:_MOST_NAMED]:
                near = difflib.get_close_matches(name, sorted(whole.ids), 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                yield Remark(f"no rule is called {name}{hint}"), folder / name


class BadCases(WholeCheck):
    """Cases that cannot be tried."""

    code, level = "R025", "error"
    about = "a written case that cannot be tried"
    fix = "`rules test` counts it as failed until it can be"

    def find(self, whole: Whole) -> Iterator[tuple[Remark, Spot]]:
        """Each such case of a rule that loads; folders that are named like none are told by R024."""
        packs = tuple(Pack(manifest=said, folder=at, files=(), digest="") for at, said in whole.packs.items())
        book = Rulebook(packs=packs, by_id={rule.id: rule for rule in whole.rules})
        for case in written_cases(book):
            if isinstance(case, BadCase) and book.rule(case.rule) is not None:
                message = case.message.removeprefix(f"{case.path}:{case.line}: ").removeprefix(f"{case.path}: ")
                yield Remark(message), Spot(case.path, case.line)


def count_samples(rule: Rule, kind: str, whole: Whole) -> int:
    """How many samples and written cases of a kind a rule has, as `rules test` finds them; up to what is enough."""
    count = 0
    for folder in whole.folders:
        for path in (folder / rule.id / kind).rglob("*"):
            count += path.is_file() and not path.name.startswith(".")
            if count >= ENOUGH:
                return count
    expect = "match" if kind == HIT else "none"
    return count + sum(case == expect for place in whole.places for case in _written(place / TESTS / rule.id))


def _written(folder: Path) -> Iterator[object]:
    """What the cases in a folder expect; `rules test` tells of those that cannot be read."""
    for path in sorted(folder.glob("*.toml")):
        with suppress(RuleError):
            tables = read_toml(path).get("case", [])
            found = tables if isinstance(tables, list) else []
            yield from (each.get("expect") for each in found if isinstance(each, dict))


def _lacking(whole: Whole, kind: str, count: int, words: str, *, fix: str = "") -> Iterator[tuple[Remark, Rule]]:
    for rule in whole.rules:
        if count_samples(rule, kind, whole) == count:
            yield Remark(f"{rule.id} {words}", fix=fix.format(id=rule.id)), rule
