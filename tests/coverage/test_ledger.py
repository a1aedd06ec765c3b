"""The ledger fills its window, never gets better by a gap, and counts bytes once."""

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import forensics
from forensics.config import ROLES
from forensics.coverage import watching
from forensics.coverage.causes import is_classified
from forensics.coverage.ledger import CHANNELS, NETWORK, make
from forensics.coverage.model import Cause, Level
from forensics.coverage.techniques import judge, table
from forensics.coverage.tiling import tile
from forensics.store.rows import GapRow, OpaqueRow, WatchRow

TIMES = st.integers(0, 100).map(float)
SPANS = st.tuples(TIMES, TIMES).map(lambda pair: (min(pair), max(pair)))
CAUSES = st.builds(
    lambda level, span, size: Cause(
        level=level, start=span[0], end=span[1] + 1.0, words=f"{level.word} cause", size=size
    ),
    st.sampled_from(Level),
    SPANS,
    st.integers(0, 1000),
)


def run(id, first, last, *, sensor="files:removable:/m", channels=("removable",), process="p1", **more):
    values = {
        "kind": "files",
        "limit": "",
        "state": "running",
        "opened": "start",
        "first_boot": first,
        "last_boot": last,
        "beats": 1,
        "before": {},
        "after": {},
        "detail": "",
        "is_open": False,
    }
    return WatchRow(
        **(
            values
            | {"id": id, "sensor": sensor, "channels": channels, "process": process, "first": first, "last": last}
            | more
        )
    )


def levels(ledger, name):
    channel = next(each for each in ledger.channels if each.name == name)
    return [(each.start, each.end, each.level) for each in channel.intervals]


@given(st.lists(SPANS, max_size=4), st.lists(CAUSES, max_size=8), CAUSES)
def test_intervals_tile_the_window_and_a_cause_never_makes_it_better(spans, causes, more):
    before, after = tile(10.0, 90.0, spans, causes), tile(10.0, 90.0, spans, [*causes, more])
    for intervals, told in ((before, causes), (after, [*causes, more])):
        assert intervals[0].start == 10.0
        assert intervals[-1].end == 90.0
        assert all(a.end == b.start for a, b in pairwise(intervals))
        assert sum(each.size for each in intervals) == sum(
            each.size for each in told if each.start < 90 and each.end > 10
        )
    for at in range(20, 180):
        worst = [
            next(each.level for each in intervals if each.start <= at / 2 < each.end) for intervals in (before, after)
        ]
        assert worst[0] <= worst[1]


def test_nobody_watched_is_blind_on_every_channel():
    ledger = make(0.0, 100.0, runs=(), gaps=(), opaque=())
    assert [channel.name for channel in ledger.channels] == list(CHANNELS)
    assert all(levels(ledger, name) == [(0.0, 100.0, Level.BLIND)] for name in CHANNELS)


def test_a_process_that_was_killed_leaves_exactly_its_channels_blind_until_the_next():
    runs = [run(1, 0.0, 40.0), run(2, 60.0, 100.0, process="p2", opened="process")]
    ledger = make(0.0, 100.0, runs=runs, gaps=(), opaque=())
    assert levels(ledger, "removable") == [
        (0.0, 40.0, Level.COVERED),
        (40.0, 60.0, Level.BLIND),
        (60.0, 100.0, Level.COVERED),
    ]
    assert levels(ledger, "http") == [(0.0, 100.0, Level.BLIND)]


def test_one_of_two_sensors_that_falls_silent_degrades_its_channel():
    runs = [run(1, 0.0, 40.0), run(2, 60.0, 100.0, opened="silence"), run(3, 0.0, 100.0, sensor="files:arrivals")]
    ledger = make(0.0, 100.0, runs=runs, gaps=(), opaque=())
    assert [level for _, _, level in levels(ledger, "removable")] == [Level.COVERED, Level.DEGRADED, Level.COVERED]


def test_when_no_sensor_at_all_watched_is_told_from_the_first_heartbeat_on():
    runs = [
        run(1, 100.0, 200.0),
        run(2, 150.0, 300.0, sensor="network:eth0", channels=("network",)),
        run(3, 310.0, 400.0, process="p2", opened="process"),
        run(4, 500.0, 600.0, process="p3", opened="process"),
        run(5, 600.0, 600.0, process="p3", opened="state", state="stopped"),
    ]
    assert watching.unwatched(runs, 0.0, 1000.0) == [(400.0, 500.0), (600.0, 1000.0)]
    assert watching.unwatched(runs, 120.0, 450.0) == [(400.0, 450.0)]
    assert watching.unwatched(runs[:1], 0.0, 210.0) == []
    assert watching.unwatched((), 0.0, 1000.0) == watching.unwatched(runs, 0.0, 90.0) == []


def test_a_change_of_state_leaves_no_hole():
    runs = [
        run(1, 0.0, 40.0),
        run(2, 45.0, 70.0, opened="state", state="degraded", detail="folder not watched"),
        run(3, 75.0, 100.0, opened="state"),
    ]
    ledger = make(0.0, 100.0, runs=runs, gaps=(), opaque=())
    assert levels(ledger, "removable") == [
        (0.0, 45.0, Level.COVERED),
        (45.0, 75.0, Level.DEGRADED),
        (75.0, 100.0, Level.COVERED),
    ]


def test_gaps_and_unread_connections_fall_on_their_channels_with_their_bytes():
    runs = [run(1, 0.0, 100.0, sensor="network:lo", channels=("network",))]
    gap = GapRow(
        id=1, sensor="network:lo", channel="network", start=10.0, end=20.0, cause="packets dropped", size=7,
        unit="packets", detail="",
    )  # fmt: skip
    flow = OpaqueRow(
        id=2, start=30.0, end=50.0, protocol="tls", name="", source="", destination="", up=9000, down=1, host="",
        user="", process="", pid=0, method="", facts={},
    )  # fmt: skip
    ledger = make(0.0, 100.0, runs=runs, gaps=[gap], opaque=[flow])
    by_name = {channel.name: channel for channel in ledger.channels}
    assert all(by_name[name].seconds(Level.DEGRADED) == 10 for name in NETWORK)
    assert (by_name["tls"].seconds(Level.OPAQUE), by_name["tls"].size) == (20, 9000)
    assert by_name["http"].size == 0
    assert all(by_name[name].worst is Level.BLIND for name in ROLES)
    sights = {sight.technique.id: sight.seen for sight in judge(ledger)}
    assert (sights["T1052.001"], sights["T1567"], sights["T1048.003"], sights["T1115"]) == (
        "not",
        "partly",
        "partly",
        "not",
    )


def test_the_map_names_channels_that_there_are():
    assert {name for technique in table().techniques for name in technique.channels} <= set(CHANNELS)
    assert {technique.seen for technique in table().techniques} == {"seen", "partly", "not"}


TELLERS = {"gap", "_gap", "lose", "_lose", "_report", "lapse_of", "distrust", "_distrust", "doubt", "_doubt"}
TELLERS |= {"Disturbance", "lost", "Gap", "_file_gap"}


def told_causes():
    """Every cause that stands in the source: the first text of a call that tells, or what is called `cause`."""
    folder = Path(forensics.__file__).parent
    files = [path for part in ("sensors", "channels", "wire") for path in (folder / part).rglob("*.py")]
    files = [path for path in files if path.name != "keeper.py"]  # it tells of events, which the ring puts into words
    for path in (*files, *(folder / name for name in ("monitor.py", "recording.py", "listening.py"))):
        tree = ast.parse(path.read_text("utf-8"))
        names = {
            node.targets[0].id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        }
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            yield from (text for text in _causes(call, names) if isinstance(text, str) and text)


def _causes(call, names):
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    given = [each.value for each in call.keywords if each.arg == "cause"]
    is_loss = called == "add" and re.search("loss|unread|lost", ast.unparse(call.func))
    if not given and (called in TELLERS or is_loss):
        first = 2 if called == "_file_gap" else 1
        given = [each for each in call.args if isinstance(each, ast.Constant | ast.Name)][:first]
    for each in given:
        yield each.value if isinstance(each, ast.Constant) else names.get(getattr(each, "id", ""))


def test_every_cause_the_product_tells_is_classified():
    causes = set(told_causes())
    assert {"packets dropped", "machine asleep", "not decrypted", "over budget", "vanished", "lost packets"} <= causes
    assert {cause for cause in causes if not is_classified(cause)} == set()


@pytest.mark.parametrize("cause", ["content not kept: the disk is full", "capture was down"])
def test_causes_with_details_are_known(cause):
    assert is_classified(cause)
