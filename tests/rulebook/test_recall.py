"""What is counted of changed samples: found is found by the rule itself, left out is never found."""

from __future__ import annotations

from pathlib import Path

from forensics.rulebook.cases import HIT, MISS, Case
from forensics.rulebook.mutating import every_step, steps_of
from forensics.rulebook.recall import Attempt, Fate, Report, chains

HITS = Case(rule="T-ONE", expect=HIT, path=Path("a.txt"))
NEAR = Case(rule="T-ONE", expect=MISS, path=Path("b.txt"))


def report(*fates: tuple[str, Fate]) -> Report:
    made = Report()
    for steps, fate in fates:
        made.add(Attempt(case=HITS, steps=tuple(steps.split("+")), fate=fate, others=("T-TWO",)))
    return made


def test_left_out_and_unfinished_are_counted_apart() -> None:
    made = report(("zip", Fate.FOUND), ("hex", Fate.LOST), ("tar", Fate.LEFT_OUT), ("gzip", Fate.UNKNOWN))
    total = made.total
    assert (total.applied, total.found, total.left_out, total.unknown) == (2, 1, 1, 1)
    assert made.rules["T-ONE"].total.share == 0.5
    assert report(("zip", Fate.LEFT_OUT)).rules["T-ONE"].total.share == 1.0


def test_the_weakest_loses_most_and_is_cheap() -> None:
    fates = (("hex", Fate.LOST), ("rename", Fate.LOST), ("zip", Fate.FOUND), ("edit:0.1", Fate.FOUND))
    one = report(*fates, ("edit:0.1", Fate.LOST)).rules["T-ONE"]
    assert one.weakest == "rename"
    assert report(("zip", Fate.FOUND)).rules["T-ONE"].weakest is None


def test_the_cheapest_evasion_is_one_that_no_other_rule_finds() -> None:
    one = report(("rename", Fate.OTHER), ("hex", Fate.LOST), ("edit:0.1", Fate.LOST)).rules["T-ONE"]
    assert one.cheapest is not None
    assert one.cheapest.steps == ("hex",)
    other = report(("hex", Fate.OTHER), ("rename", Fate.OTHER)).rules["T-ONE"]
    assert other.cheapest is not None
    assert (other.cheapest.steps, other.cheapest.others) == (("rename",), ("T-TWO",))
    assert other.needs_chains
    assert not one.needs_chains


def test_chains_are_no_part_of_the_kill_rate() -> None:
    made = report(("zip", Fate.FOUND), ("zip+upper", Fate.LOST))
    assert made.total.applied == 1
    assert made.rules["T-ONE"].cheapest is not None
    assert list(made.by_step) == ["zip"]


def test_near_misses_that_are_found_are_alarms() -> None:
    made = Report()
    made.add(Attempt(case=NEAR, steps=("zip",), fate=Fate.FOUND))
    made.add(Attempt(case=NEAR, steps=("tar",), fate=Fate.LOST))
    assert (made.near_misses.applied, [alarm.steps for alarm in made.alarms], made.rules) == (2, [("zip",)], {})


def test_chains_are_cheap_first_bounded_and_of_two_families() -> None:
    pairs = list(chains(every_step(), 50))
    costs = [sum(step.cost for step in steps_of(pair)) for pair in pairs]
    assert (len(pairs), costs) == (50, sorted(costs))
    families = [[step.mutation.family for step in steps_of(pair)] for pair in pairs]
    assert all(first != second for first, second in families)
