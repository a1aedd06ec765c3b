import pytest

from forensics.errors import StoreError
from forensics.model import OutcomeKind
from forensics.store import overview, reader, saved
from tests.store.made import NOW, analysis, latest, match, observation, verdict


@pytest.fixture
def filled(store, reading):
    """Three alerts of user1 by the hour, the last in a container with two matches."""
    with store.group() as group:
        for number in range(2):
            group.record(analysis(observation(f"k{number}", time=NOW + 3600 * number)), verdict(), grouper=latest)
        found = [match(), match(rule="EW-1", item="", package=""), match(rule="EW-2", item="C-9", accepted=False)]
        seen = observation("z", channel="http", time=NOW + 7200)
        inside = {"a.zip": OutcomeKind.ENCRYPTED, "b.zip": OutcomeKind.ENCRYPTED}
        group.record(analysis(seen, found, inside=inside), verdict(), grouper=latest)
    return reading


def test_an_observation_counts_once_for_each_value_it_holds(filled):
    found = overview.overview(filled, "", fields=tuple(overview.FACETS), step_s=3600, is_over=lambda: False)
    assert (found.count, found.is_whole, len(found.times)) == (3, True, 3)
    assert found.facets["outcome"] == {"matched": 3, "encrypted": 1}
    assert found.facets["rule"] == {"registered-audio": 3, "EW-1": 1}
    assert found.facets["clip"] == {"C-001": 3}
    assert found.facets["channel"] == {"removable": 2, "http": 1}
    assert found.facets["state"] == {"new": 3}


def test_what_takes_too_long_is_said_to_be_of_the_newest(store, reading):
    with store.group() as group:
        for number in range(300):
            group.record(analysis(observation(f"k{number}")), verdict(is_alert=False), grouper=latest)
    answers = iter([False] * 3)
    found = overview.overview(reading, "", fields=("channel",), step_s=3600, is_over=lambda: next(answers, True))
    assert not found.is_whole
    assert 0 < found.count < 300
    assert found.facets["channel"] == {"removable": found.count}
    assert overview.count(reading, "") == 300


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 3), ("outcome:encrypted", 1), ("channel:http OR state:new", 3), ("path:~clip~", 3), ("q", 0)],
)
def test_the_count_is_that_of_all_that_fits(filled, query, count):
    assert overview.count(filled, query) == count


def test_each_alternative_is_explained(filled):
    found = overview.explain(filled, "channel:http OR path:~clip.wav~", overview.EVERYTHING)
    assert [each.match for each in found] == ['"ch_http"', ""]
    assert found[1].trigrams.count("AND") < 4
    assert all(each.plan and "LIMIT ?" in each.sql for each in found)


def test_a_search_stops_when_it_is_told_to(store, reading):
    with store.group() as group:
        for number in range(200):
            group.record(analysis(observation(f"n{number}")), verdict(is_alert=False), grouper=latest)
    assert len(reader.search(reading, "path:~p~", is_over=lambda: False)) == 50
    with pytest.raises(StoreError, match="interrupted"):
        reader.search(reading, "-path:~p~", is_over=lambda: True)
    assert len(reader.search(reading, "path:~p~")) == 50


def test_kept_queries_are_no_evidence(store, reading):
    before = reading.execute("SELECT max(id) FROM entries").fetchone()[0]
    store.save_query("b", "user:one")
    store.save_query("a", "x\udcff")
    store.save_query("b", "user:two")
    assert [(each.name, each.query, each.actor) for each in saved.listed(reading)] == [
        ("a", "x\udcff", "tester"),
        ("b", "user:two", "tester"),
    ]
    assert saved.find(reading, "c") is None
    assert (store.forget_query("a"), store.forget_query("a")) == (True, False)
    assert reading.execute("SELECT max(id) FROM entries").fetchone()[0] == before
