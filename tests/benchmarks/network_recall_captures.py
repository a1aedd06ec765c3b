"""Public captures with independent truth: what is found of it, and what is found where no object is expected."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from forensics.errors import CaptureError
from forensics.interception import objects_of
from forensics.model import WireObject
from tests.wire.test_truth import CAPTURES, OUT_OF_REACH, digests, table


@dataclass(slots=True)
class Truth:
    """The objects of one grade of truth: A when independent engines agree, B when one engine's own tests say so."""

    captures: set[str] = field(default_factory=set)
    wanted: int = 0
    exact: int = 0
    missed: list[str] = field(default_factory=list)
    contradicted: list[str] = field(default_factory=list)
    """Objects of which two truths say otherwise, and the other one is met."""


@dataclass(slots=True)
class Nothing:
    """What was found in captures in which no object is expected, by protocol and kind."""

    captures: int = 0
    refused: list[str] = field(default_factory=list)
    found: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


def truths() -> dict[str, Truth]:
    """What is found of every object with independent truth, by grade."""
    rows, grades = defaultdict(list), defaultdict[str, Truth](Truth)
    for row in table("objects.tsv"):
        rows[row["file"]].append(row)
    for name, wanted in rows.items():
        try:
            found = set().union(*map(digests, objects(name)))
        except Exception as error:
            found = set()
            grades[wanted[0]["truth"]].missed.append(f"{name}: {type(error).__name__}: {error}"[:160])
        for row in wanted:
            grade = grades[row["truth"]]
            grade.captures.add(name)
            grade.wanted += 1
            if row["sha256"] in found:
                grade.exact += 1
            else:
                known = grade.contradicted if row["sha256"] in OUT_OF_REACH else grade.missed
                known.append(f"{name}: {row['name']}, {row['size']} bytes, {row['engines']}")
    return dict(sorted(grades.items()))


def nothing() -> Nothing:
    """What is found where nothing is expected; files that are no captures have to be refused."""
    result = Nothing()
    for row in table("captures.tsv"):
        if row["kind"] != "noobject":
            continue
        result.captures += 1
        try:
            result.found.update(f"{each.protocol} {each.media_type or '-'}" for each in objects(row["file"]))
        except CaptureError:
            result.refused.append(row["file"])
        except Exception as error:
            result.broken.append(f"{row['file']}: {type(error).__name__}: {error}"[:160])
    return result


def objects(name: str) -> Iterator[WireObject]:
    return (each for each in objects_of(CAPTURES / name) if isinstance(each, WireObject))


def lines() -> tuple[list[str], bool]:
    """Both as a table, and whether nothing was missed and nothing broke."""
    if not CAPTURES.is_dir():
        return ["\npublic captures: the folder is not here"], True
    found = truths()
    out = ["\npublic captures", f"{'truth':<10}{'captures':>9}{'objects':>9}{'exact':>7}"]
    for grade, truth in found.items():
        out.append(f"{grade:<10}{len(truth.captures):9}{truth.wanted:9}{truth.exact:7}")
        out += [f"  missed {name}" for name in truth.missed]
        out += [f"  contradicted by another truth, which is met: {name}" for name in truth.contradicted]
    none = nothing()
    out.append(f"\nno object expected: {none.captures} captures, {len(none.refused)} refused as no capture")
    out += [f"  {count:5} {what}" for what, count in sorted(none.found.items())]
    out += [f"  refused {name}" for name in none.refused] + [f"  broken {what}" for what in none.broken]
    return out, not none.broken and not any(truth.missed for truth in found.values())
