"""A pack's bench: costs and noise of each rule, kept as JSON and compared with those of an earlier run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from forensics.errors import InputError
from forensics.model import Analysis, OutcomeKind
from forensics.odds import wilson
from forensics.rulebook.book import Rulebook
from forensics.rulebook.costs import Cost, Costs

BAND = 0.35
"""By what share a cost may differ between runs on a shared machine before it is called a change."""
LEAST_RATIO = 0.2
"""Changes of less than this share of the reference's cost are none."""
NAMED = 3
"""Files that are named of those a rule matched."""


class RuleFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One rule: its processor time alone over a MiB (ms; None for other kinds than YARA), and what it matched."""

    version: int
    ms_per_mib: float | None = None
    ratio: float | None = None
    problem: str = ""
    hits: int = 0
    at_most: float = 1.0
    files: tuple[str, ...] = ()


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """All rules. `files` were looked at, of which `unread` not wholly; costs are over `sample_mib`."""

    files: int
    unread: int
    any_hits: int
    sample_mib: float
    compiling_ms: float
    reference_ms_per_mib: float
    together_ms_per_mib: float
    each_us: float
    rules: dict[str, RuleFigures]

    def without_names(self) -> Bench:
        """The same without the names of files."""
        rules = {id: msgspec.structs.replace(figures, files=()) for id, figures in self.rules.items()}
        return msgspec.structs.replace(self, rules=rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How a rule differs from an earlier run."""

    rule: str
    words: str
    is_worse: bool


def measured(book: Rulebook, costs: Costs, seen: Sequence[tuple[str, Analysis]]) -> Bench:
    """Put costs and what was seen in a corpus together; `seen` are names of files with their analyses."""
    hits: dict[str, list[str]] = {rule.id: [] for rule in book.rules}
    unread = any_hits = 0
    for name, analysis in seen:
        found = {match.rule for match in analysis.matches if match.accepted} & hits.keys()
        for id in found:
            hits[id].append(name)
        any_hits += bool(found)
        kinds = {outcome.kind for outcome in analysis.outcomes}
        unread += bool(kinds - {OutcomeKind.CLEAN, OutcomeKind.MATCHED})
    mib = max(costs.sample_bytes, 1) / (1 << 20)
    by_rule = {cost.rule: cost for cost in costs.rules}
    return Bench(
        files=len(seen),
        unread=unread,
        any_hits=any_hits,
        sample_mib=round(mib, 3),
        compiling_ms=round(1e3 * costs.compiling_s, 1),
        reference_ms_per_mib=round(1e3 * costs.reference_s / mib, 3),
        together_ms_per_mib=round(1e3 * costs.together_s / mib, 3),
        each_us=round(1e6 * costs.each_s, 1),
        rules={
            rule.id: _figures(rule.version, by_rule.get(rule.id), hits[rule.id], len(seen), mib) for rule in book.rules
        },
    )


def _figures(version: int, cost: Cost | None, hits: Sequence[str], files: int, mib: float) -> RuleFigures:
    is_timed = cost is not None and not cost.problem
    return RuleFigures(
        version=version,
        ms_per_mib=round(1e3 * cost.seconds / mib, 3) if cost is not None and is_timed else None,
        ratio=round(cost.ratio, 3) if cost is not None and is_timed else None,
        problem=cost.problem if cost is not None else "",
        hits=len(hits),
        at_most=round(wilson(len(hits), files)[1], 6) if files else 1.0,
        files=tuple(hits[:NAMED]),
    )


def of_json(path: Path) -> Bench:
    """The figures of an earlier run. Raises InputError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Bench)
    except (OSError, msgspec.MsgspecError) as error:
        raise InputError(f"{path}: no figures of rules bench: {error}") from error


def write(path: Path, bench: Bench) -> None:
    """Keep the figures without the names of files, whole or not at all. Raises InputError."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(bench.without_names())) + b"\n")
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise InputError(f"{path}: {error.strerror}") from error


def compare(before: Bench, now: Bench) -> list[Change]:
    """What differs, rule by rule: costs beyond the noise, matches where the corpus is of the same size."""
    return [change for id in (*now.rules, *before.rules) for change in _changes(id, before, now)]


def _changes(id: str, before: Bench, now: Bench) -> Iterable[Change]:
    old, new = before.rules.get(id), now.rules.get(id)
    if old is None or new is None:
        words = "new: there are no earlier figures" if old is None else "is no more"
        is_first = id in now.rules if old is None else True
        return [Change(rule=id, words=words, is_worse=False)] if is_first else []
    if old == msgspec.structs.replace(new, files=old.files):
        return []
    return list(_worse_and_better(id, old, new, is_same_corpus=before.files == now.files))


def _worse_and_better(id: str, old: RuleFigures, new: RuleFigures, *, is_same_corpus: bool) -> Iterator[Change]:
    if new.problem and not old.problem:
        yield Change(rule=id, words=new.problem, is_worse=True)
    if old.ratio is not None and new.ratio is not None:
        rise = new.ratio - old.ratio
        if abs(rise) > max(LEAST_RATIO, BAND * old.ratio):
            words = f"costs {new.ratio:.2f} of the reference, {old.ratio:.2f} before"
            yield Change(rule=id, words=words, is_worse=rise > 0)
    if is_same_corpus and new.hits != old.hits:
        words = f"matches {new.hits} files, {old.hits} before"
        yield Change(rule=id, words=words, is_worse=new.hits > old.hits)
