"""Replay: an analysis is made again, from content or from what is stored of it, and compared with what was recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from forensics.hunting import Hunt
from forensics.model import UNKEPT, Analysis, Match, Versions
from forensics.store.packing import packed_artifacts, packed_matches
from forensics.store.remembered import Remembered
from forensics.store.shapes import Values


class Finding(StrEnum):
    """What became of one recorded or new finding."""

    SAME = "same"
    CHANGED = "changed"
    APPEARED = "appeared"
    GONE = "gone"
    UNANSWERED = "not answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One finding then and now: of which rule and item, and what of it differs."""

    kind: Finding
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """An analysis made again. `is_whole` says that its content was examined, not only what is stored of it."""

    then: Versions
    now: Versions
    differences: tuple[Difference, ...]
    is_whole: bool

    @property
    def other_versions(self) -> tuple[str, ...]:
        """Which of engine, rules and index are not those it was made with."""
        return tuple(
            field.name
            for field in fields(Versions)
            if field.name != "generation" and getattr(self.then, field.name) != getattr(self.now, field.name)
        )

    @property
    def differs(self) -> bool:
        """Say whether anything came out otherwise."""
        return any(each.kind not in (Finding.SAME, Finding.UNANSWERED) for each in self.differences)

    @property
    def is_identical(self) -> bool:
        """Say whether everything was answered and is as it was recorded, to the byte."""
        return self.is_whole and all(each.kind is Finding.SAME for each in self.differences)


def replay(remembered: Remembered, hunt: Hunt, opened: Analysis | None) -> Replayed:
    """Make the analysis again; `opened` is what its content, unsealed, came to with rules and register of `hunt`."""
    found = _from_content(remembered, opened) if opened is not None else _from_memory(remembered, hunt)
    return Replayed(
        then=remembered.versions,
        now=opened.versions if opened is not None else hunt.versions,
        differences=tuple(found),
        is_whole=opened is not None,
    )


def _from_content(remembered: Remembered, opened: Analysis) -> Iterator[Difference]:
    yield from _compared("", remembered.match_values, packed_matches(opened), ("number",))
    then = [{**values, "facts": _analysed(values["facts"])} for values in remembered.artifact_values]
    yield from _compared("artifact ", then, packed_artifacts(opened), ("path",))


def _analysed(facts: Mapping[str, str]) -> dict[str, str]:
    """The facts without those that stand there from elsewhere: where the file lay, why its content was not kept."""
    return {name: value for name, value in facts.items() if not name.startswith("file.") and name != UNKEPT}


def _compared(
    kind: str, then: Sequence[Values], now: Sequence[Values], passed_over: Sequence[str]
) -> Iterator[Difference]:
    """Pairs of what is about the same, in order; then what is only there or only here."""
    waiting: dict[str, list[Values]] = {}
    for values in now:
        waiting.setdefault(_name(values), []).append(values)
    for values in then:
        name = _name(values)
        others = waiting.get(name)
        if not others:
            yield Difference(kind=Finding.GONE, what=f"{kind}{name}")
            continue
        other = others.pop(0)
        changed = [
            f"{field} {values[field]!r} then, {other[field]!r} now"
            for field in values
            if field not in passed_over and values[field] != other[field]
        ]
        yield Difference(
            kind=Finding.CHANGED if changed else Finding.SAME, what=f"{kind}{name}", detail="; ".join(changed)
        )
    for name, others in waiting.items():
        yield from (Difference(kind=Finding.APPEARED, what=f"{kind}{name}") for _ in others)


def _name(values: Values) -> str:
    if "rule" in values:
        return f"{values['rule']} {values['item']}".strip() + ("" if values["accepted"] else " (below threshold)")
    return f"{values['number']} {values['sha256'][:12]}"


def _from_memory(remembered: Remembered, hunt: Hunt) -> Iterator[Difference]:
    lacks: list[str] = []
    now: dict[tuple[str, str], Match] = {}
    for match in hunt.matches(remembered, lacks):
        now.setdefault((match.rule, match.item), match)
    known = set()
    for match in remembered.matches:
        if not match.accepted or (match.rule, match.item) in known:
            continue
        known.add((match.rule, match.item))
        what = f"{match.rule} {match.item}".strip()
        again = now.get((match.rule, match.item))
        if again is not None:
            yield Difference(kind=Finding.SAME, what=what, detail=again.why[0].text if again.why else "")
        elif match.matcher == "digest":
            yield Difference(kind=Finding.GONE, what=what, detail="the register holds nothing of these bytes")
        else:
            yield Difference(kind=Finding.UNANSWERED, what=what, detail="needs the content")
    for (rule, item), match in now.items():
        if (rule, item) not in known:
            detail = match.why[0].text if match.why else ""
            yield Difference(kind=Finding.APPEARED, what=f"{rule} {item}".strip(), detail=detail)
    for lack in dict.fromkeys(lacks):
        yield Difference(kind=Finding.UNANSWERED, what="the rest", detail=lack)
