"""The tree shows every sighting once, under what it most likely came from."""

from hypothesis import given
from hypothesis import strategies as st

from forensics.lineage.edges import edges
from forensics.lineage.nouns import Sighting
from forensics.lineage.tree import ancestry, branches, sure
from tests.lineage.test_edges import INSIDE, ORIGINAL, SIGHTINGS, URL, ZIP, piece, seen


def test_a_chain_is_indented_step_by_step() -> None:
    archive = seen("O2", 2, piece("z", ZIP), piece("a"), traces=(INSIDE,))
    other = seen("O4", 4, piece("a"))
    sent = seen("A3", 3, *archive.pieces, traces=(INSIDE,), place=URL)
    sightings = [ORIGINAL, archive, sent, other]
    tree = [(branch.lead, branch.id) for branch in branches(sightings, edges(sightings))]
    assert tree == [("", "package:P"), ("└ ", "O1"), ("  ├ ", "O2"), ("  │ └ ", "A3"), ("  └ ", "O4")]


def test_what_led_to_one_sighting_leaves_out_the_rest() -> None:
    archive = seen("O2", 2, piece("z", ZIP), piece("a"), traces=(INSIDE,))
    sent = seen("A3", 3, *archive.pieces, traces=(INSIDE,), place=URL)
    sightings = [ORIGINAL, archive, sent, seen("O4", 4, piece("a"))]
    before, into = ancestry(sightings, edges(sightings), "A3")
    assert [each.id for each in before] == ["O1", "O2", "A3"]
    assert [edge.derived for edge in into] == ["O1", "O2", "A3"]
    assert ancestry(sightings, edges(sightings), "A9") == ((), ())


@given(st.lists(SIGHTINGS, max_size=12, unique_by=lambda each: each.id))
def test_every_sighting_stands_in_it_once(sightings: list[Sighting]) -> None:
    ordered = sorted(sightings, key=lambda each: each.time)
    found = edges(ordered)
    tree = list(branches(ordered, found))
    names = [branch.id for branch in tree if not branch.id.startswith("package:")]
    assert sorted(names) == sorted(each.id for each in ordered)
    told = [edge for branch in tree for edge in ((branch.edge,) if branch.edge else ()) + branch.others]
    assert sorted(map(repr, told)) == sorted(map(repr, found))


def test_what_is_all_but_certain_is_not_called_certain() -> None:
    assert [sure(value) for value in (1.0, 0.999, 0.9925, 0.5, 0.0)] == ["> 99.9 %", "99.9 %", "99.2 %", "50 %", "0 %"]
