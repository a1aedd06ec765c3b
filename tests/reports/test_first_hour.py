"""The first hour: what is counted once, what is told as unknown, what the clock says."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from forensics.lineage.nouns import Means
from forensics.model import AlertState
from forensics.odds import wilson
from forensics.reports.casefile import CaseFile, incident_file, incident_number
from forensics.reports.first_hour import first_hour
from forensics.reports.telling import report_lines
from forensics.store import reader
from forensics.store.writer import Store
from forensics.text_safety import has_hidden
from tests.reports.made import heard
from tests.store.made import NOW, analysis, latest, match, observation, verdict


def test_what_left_is_counted_once(case: CaseFile) -> None:
    hour = first_hour(case)
    assert [(way.channel, way.objects) for way in hour.ways] == [("removable", 1), ("http", 1)]
    assert hour.ways[0].missing_bytes == 6
    assert {item.id: (item.kind, item.means) for item in hour.items} == {
        "C-001": ("clip", Means.SOUND),
        "T-5": ("text", Means.WORDS),
    }
    clip = hour.clips[0]
    assert clip.seconds == pytest.approx(6.75)  # 0.25 to 5.25 on the stick, 4 to 7 in the upload
    assert clip.doubt == pytest.approx(1 / 40_000)
    assert clip.findings == ("A1", "A2")
    assert hour.other_rules == (("canary", 1),)


def test_a_sanctioned_return_is_told_apart_from_what_left(tmp_path: Path) -> None:
    with Store.open(tmp_path, actor="tester", clock=lambda: NOW) as store, store.group() as group:
        group.record(analysis(), verdict(), grouper=latest)
        back = verdict(is_alert=False, items=("item:C-001", "returned:PKG-7"), reason="sanctioned return")
        group.record(analysis(observation("back", channel="http")), back, grouper=latest)
    connection = reader.open_reader(tmp_path)
    hour = first_hour(incident_file(connection, 1))
    connection.close()
    assert ([way.channel for way in hour.ways], len(hour.returned)) == (["removable"], 1)
    assert "not counted: 1 sanctioned return (O" in "\n".join(report_lines(hour, now=NOW))


def test_what_cannot_be_known_is_told(case: CaseFile) -> None:
    hour = first_hour(case)
    assert [gap.cause for gap in hour.gaps_concerned] == ["packets dropped <b>"]
    assert hour.gaps_elsewhere == 1
    assert [flow.name for flow in hour.opaque] == ["drop.example"]
    assert [(each.path[-1], each.outcome.value) for each in hour.unread] == [("locked.zip", "encrypted")]
    assert (hour.holes[0].start_byte, hour.holes[0].end_byte) == (3, 9)


def test_the_clock_runs_from_recording_and_from_acknowledgement(case: CaseFile) -> None:
    hour = first_hour(case)
    assert [clock.basis for clock in hour.clocks] == ["recorded", "acknowledged"]
    assert all(clock.deadline - clock.time == 72 * 3600 for clock in hour.clocks)
    text = "\n".join(report_lines(hour, now=NOW + 60 + 3600))
    assert "(71.0 hours left)" in text
    late = "\n".join(report_lines(hour, now=NOW + 60 + 73 * 3600))
    assert "(1.0 hours ago)" in late
    waiting = dataclasses.replace(hour, clocks=hour.clocks[:1])
    assert "nobody acknowledged" in "\n".join(report_lines(waiting, now=NOW))


def test_the_lines_are_safe_and_say_how_sure(case: CaseFile) -> None:
    lines = list(report_lines(first_hour(case), now=NOW))
    assert not any(has_hidden(line) for line in lines)
    text = "\n".join(lines)
    for words in (
        "1 registered clip, 6.8 s of speech",
        "0.32% (95 % interval 0.18% to 0.57%)",
        "2 in 1,000",
        "by chance: 1 in 40,000",
        "1 connection not read, 70,000 bytes sent",
        "package PKG-7, to whom it was issued is not registered",
        "people recorded: at least 1",
    ):
        assert words in text, words


def test_an_incident_with_nothing_that_left_is_told_so(case: CaseFile) -> None:
    seen = tuple(finding for finding in case.findings if not finding.seen.is_leaving)
    text = "\n".join(report_lines(first_hour(dataclasses.replace(case, findings=seen, acts=())), now=NOW))
    assert "nothing that was seen left" in text
    assert "no alert: the clock does not run" in text


def test_the_interval_is_that_of_the_textbook() -> None:
    assert wilson(0, 100) == pytest.approx((0.0, 0.0370), abs=1e-4)
    assert wilson(11, 3422) == pytest.approx((0.0018, 0.0057), abs=1e-4)


def test_ids_of_incidents() -> None:
    assert [incident_number(text) for text in ("I3", "i3", " 3 ")] == [3, 3, 3]


def test_a_large_incident_is_counted_whole(tmp_path: Path) -> None:
    count = 400
    with Store.open(tmp_path, actor="tester", clock=lambda: NOW) as store:
        with store.group() as group:
            for number in range(count):
                seen = observation(f"k{number}", time=NOW + number)
                found = analysis(seen, (heard(item=f"C-{number}", package=f"P-{number // 100}"),))
                group.record(found, verdict(items=("item:C-0",)), grouper=latest)
        store.set_incident_state(1, AlertState.ACKNOWLEDGED)
        store.set_incident_state(1, AlertState.CLOSED, reason="test")
    connection = reader.open_reader(tmp_path)
    case = incident_file(connection, 1)
    connection.close()
    hour = first_hour(case)
    assert (len(hour.clips), len(hour.packages)) == (count, 4)
    assert hour.seconds == pytest.approx(count * 5.0)
    assert sum(act.action == "state" for act in case.acts) == 2 * count + 2
    assert hour.is_cut  # of the lineage only the latest are tied together


def test_a_clip_that_is_locked_in_one_place_and_heard_in_another_is_a_clip(tmp_path: Path) -> None:
    member = match(
        rule="registered-member", matcher="digest", score=1.0, duration_s=7.5, clip_start_s=0.0, query_start_s=0.0
    )
    with Store.open(tmp_path, actor="t") as store, store.group() as group:
        group.record(analysis(observation("a"), [match()]), verdict(), grouper=latest)
        group.record(analysis(observation("b", name="locked.zip"), [member]), verdict(), grouper=latest)
    connection = reader.open_reader(tmp_path)
    [item] = first_hour(incident_file(connection, 1)).items
    connection.close()
    assert (item.kind, item.means, item.seconds) == ("clip", Means.MEMBER, pytest.approx(7.5))
