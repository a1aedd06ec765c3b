"""The recording thread: one bad entry takes no other with it; nothing counts as done that is not stored."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from forensics.channels.observe import observation
from forensics.config import Config, Files, Folder, Workers
from forensics.content import Content
from forensics.model import (
    Analysis,
    Artifact,
    Direction,
    Gap,
    Match,
    Observation,
    Opaque,
    Outcome,
    OutcomeKind,
    Versions,
    WireObject,
)
from forensics.monitor import Monitor
from forensics.policy import Policy, Protected
from forensics.provenance import Provenance
from forensics.recorder import Report
from forensics.recording import Pending
from forensics.registration.run import register_paths
from forensics.resources import samples_folder
from forensics.sensors.files.settled import Method, SettledFile, Stamp, stamp_of
from forensics.store.reader import ledger, open_reader
from forensics.store.rows import LedgerRow
from forensics.store.sensing import sensing
from forensics.workers import Result

POLICY = Policy()


def monitor(folder: Path, reports: list[Report], gaps: list[Gap], *, policy: Policy = POLICY) -> Monitor:
    return Monitor(
        config=Config(workers=Workers(count=1)),
        folder=folder,
        policy=policy,
        actor="test",
        on_report=reports.append,
        on_gap=gaps.append,
    )


def leak(position: int) -> Observation:
    """A manifest on its way out."""
    found = WireObject(
        protocol="http",
        direction=Direction.UP,
        name="manifest.json",
        content=Content.of((samples_folder() / "packages/TR-2041/manifest.json").read_bytes()),
        missing=(),
        source="127.0.0.1:1",
        destination="127.0.0.1:2",
        uri="http://127.0.0.1:2/",
        time=1.0,
        flow="tcp",
        position=position,
    )
    return observation(found, host="h", sensor="network", capture="", local=())


def unjudgeable(done: Callable[[], None]) -> Pending:
    """A result whose match speaks of an artifact that is not there."""
    seen = leak(0)
    analysis = Analysis(
        observation=seen,
        artifacts=(Artifact(number=0, parent=None, path=("x",), media_type="text/plain", content=seen.content),),
        matches=(Match(rule="r", matcher="yara", artifact=7, score=1.0),),
        outcomes=(Outcome(artifact=0, kind=OutcomeKind.MATCHED),),
        versions=Versions(),
    )
    future: Future[Result] = Future()
    future.set_result(Result(analysis=analysis))
    return Pending(future, done=done)


def test_an_entry_nobody_can_judge_takes_no_other_with_it(tmp_path: Path) -> None:
    reports: list[Report] = []
    gaps: list[Gap] = []
    running = monitor(tmp_path, reports, gaps)
    running.start()
    bad = threading.Event()
    bad_one = unjudgeable(bad.set)
    running._recording.expect(bad_one, lambda: bad_one.future)
    running._leaving(leak(1), lambda: None)
    running.stop()
    assert [report.alert is not None for report in reports] == [True]
    assert bad.is_set()
    assert [gap.cause for gap in gaps] == ["observation refused by the store"]


def test_what_goes_to_a_protected_channel_is_counted_and_done_with(tmp_path: Path) -> None:
    reports: list[Report] = []
    council = Protected(name="council", destinations=("http://127.0.0.1/*",))
    running = monitor(tmp_path, reports, [], policy=Policy(protected=(council,)))
    running.start()
    done = threading.Event()
    running._leaving(leak(1), done.set)
    near, far = "10.1.0.5:4", "127.0.0.1:443"
    flow = Opaque(
        protocol="tls", source=near, destination=far, name="127.0.0.1", start=1.0, end=2.0, up=1 << 30, down=0, flow="f"
    )
    running._unread(flow)
    running.stop()
    assert (reports, done.is_set()) == ([], True)
    connection = open_reader(tmp_path)
    tallies = connection.execute("SELECT hour, channel, outcome, objects, bytes FROM tallies").fetchall()
    assert [tuple(row) for row in tallies] == [(0, "protected:council", "protected", 2, 0)]
    assert connection.execute("SELECT count(*) FROM entries WHERE kind IN ('O', 'Q')").fetchone()[0] == 0
    connection.close()


HARVEST = """rule harvest
{
    meta:
        id = "OWN-1"
        title = "A word"
        description = "For the test."
        severity = "medium"
        category = "package"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "text"
    strings:
        $word = "%s"
    condition:
        $word
}
"""


def test_what_could_not_be_stored_before_the_end_is_not_done(tmp_path: Path) -> None:
    reports: list[Report] = []
    running = monitor(tmp_path, reports, [])
    running.start()
    running._store._pen.connection.execute("PRAGMA query_only = 1")
    done = threading.Event()
    running._leaving(leak(1), done.set)
    running.stop()
    assert not reports
    assert not done.is_set()


def test_what_lay_on_a_medium_bears_the_facts_of_it(tmp_path: Path) -> None:
    file = tmp_path / "clip.wav"
    file.write_bytes(b"sound")
    content = Content.at(file)
    settled = SettledFile(
        sensor="files",
        role="removable",
        root="medium:1A2B-3C4D",
        path="clip.wav",
        uri=file.as_uri(),
        stamp=stamp_of(content),
        content=content,
        time=1.0,
        method=Method.CLOSED,
        facts={"medium.uuid": "1A2B-3C4D"},
        is_medium=True,
    )
    result = unjudgeable(lambda: None).future.result()
    first, *others = Provenance(lambda: None).placed(result, settled).analysis.artifacts
    assert (first.facts["medium.uuid"], others) == ("1A2B-3C4D", [])


def test_a_file_that_cannot_be_read_stands_with_its_outcome_and_is_read_again(tmp_path: Path) -> None:
    reports: list[Report] = []
    running = monitor(tmp_path, reports, [])
    done = threading.Event()
    running.start()
    running._settled(
        SettledFile(
            sensor="files",
            role="share",
            root="/share",
            path="clip.wav",
            uri="file:///share/clip.wav",
            stamp=Stamp(1, 2, 3, 4, 5),
            content=None,
            time=1.0,
            method=Method.UNREADABLE,
            done=done.set,
        )
    )
    running.stop()
    assert [report.analysis.outcomes[0].kind for report in reports] == [OutcomeKind.UNREADABLE]
    assert done.is_set()
    with contextlib.closing(open_reader(tmp_path)) as connection:
        assert not list(ledger(connection, "/share"))


def test_what_is_known_of_a_medium_is_asked_of_the_store_from_another_thread(tmp_path: Path) -> None:
    watched = monitor(tmp_path, [], [])
    row = LedgerRow(root="medium:1A2B-3C4D", path="a", dev=1, ino=2, size=3, mtime_ns=4, ctime_ns=5)
    with watched._store.group() as group:
        group.remember(row, key="k")
    answers: list[list[tuple[str, Stamp]]] = []
    asking = threading.Thread(target=lambda: answers.append(list(watched._recall("medium:1A2B-3C4D"))))
    asking.start()
    asking.join()
    assert answers == [[("a", Stamp(1, 2, 3, 4, 5))]]
    watched._store.close()


def test_an_idle_monitor_keeps_no_file_open_so_that_a_medium_can_be_unmounted(tmp_path: Path) -> None:
    watched, seen = tmp_path / "watched", threading.Event()
    watched.mkdir()
    running = Monitor(
        config=Config(
            folders=(Folder(role="removable", path=watched),),
            files=Files(media=(), sync=False),
            workers=Workers(count=1),
        ),
        folder=tmp_path / "store",
        policy=Policy(),
        actor="test",
        on_report=lambda _: seen.set(),
        on_gap=lambda _: None,
    )
    running.start()
    try:
        (watched / "clip.txt").write_text("words")
        assert seen.wait(60.0)
        deadline = time.monotonic() + 10.0
        while (holders := _holders(watched / "clip.txt")) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not holders
    finally:
        running.stop()


def test_new_rules_find_what_older_ones_passed_and_nothing_is_told_twice(tmp_path: Path) -> None:
    watched, pack = tmp_path / "watched", tmp_path / "pack"
    for folder in (watched, pack / "yara"):
        folder.mkdir(parents=True)
    (pack / "pack.toml").write_text('id = "own"\nname = "Own"\nversion = "1.0.0"\n')
    (watched / "old.txt").write_text("the harvest is early")

    def alerts(*rules: Path, expected: int) -> list[str]:
        reports: list[Report] = []
        running = Monitor(
            config=Config(
                folders=(Folder(role="removable", path=watched),),
                files=Files(media=(), sync=False, quiet_after_scan_s=0.1),
                rules=rules,
                workers=Workers(count=1),
            ),
            folder=tmp_path / "store",
            policy=Policy(),
            actor="test",
            on_report=reports.append,
            on_gap=lambda _: None,
        )
        running.start()
        deadline = time.monotonic() + (120.0 if expected else 2.0)
        while len(reports) < (expected or 1) and time.monotonic() < deadline:
            time.sleep(0.05)
        running.stop()
        return [f"{len(each.analysis.matches)}" for each in reports]

    assert alerts(expected=1) == ["0"]
    assert alerts(expected=0) == []
    rule = (HARVEST % "harvest").encode()
    (pack / "yara" / "harvest.yar").write_bytes(rule)
    assert alerts(pack, expected=1) == ["1"]
    assert alerts(pack, expected=0) == []


def test_what_is_registered_later_is_found_in_what_lay_there_once(tmp_path: Path) -> None:
    watched, store = tmp_path / "watched", tmp_path / "store"
    watched.mkdir()
    sample = samples_folder() / "packages/AC-0317"
    clip, other = sorted(sample.glob("*.opus"))
    for each in (clip, other):
        shutil.copy(each, watched)
    (watched / "words.txt").write_text("nothing to see")
    reports: list[Report] = []

    def run() -> Monitor:
        running = Monitor(
            config=Config(
                folders=(Folder(role="removable", path=watched),),
                files=Files(media=(), sync=False, quiet_after_scan_s=0.1),
                workers=Workers(count=1),
            ),
            folder=store,
            policy=Policy(),
            actor="test",
            on_report=reports.append,
            on_gap=lambda _: None,
        )
        running.start()
        return running

    def alerts() -> list[str]:
        return sorted(each.analysis.observation.name for each in reports if each.alert and each.recorded.is_new)

    def register(path: Path, package: str) -> None:
        list(register_paths([path], programme="p", recipient="r", package=package, config=Config(), store=store))

    def eventually(count: int) -> None:
        deadline = time.monotonic() + 120.0
        while len(reports) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(reports) == count

    running = run()
    try:
        eventually(3)
        assert alerts() == []
        register(clip, "first")
        eventually(6)
        assert alerts() == [clip.name]
    finally:
        running.stop()
    register(other, "second")  # nobody watches
    running = run()
    try:
        eventually(9)
        assert alerts() == sorted([clip.name, other.name])
    finally:
        running.stop()
    assert len(reports) == 9


def test_over_budget_files_wait_then_are_passed_over_and_in_the_end_all_are_examined(tmp_path: Path) -> None:
    watched = tmp_path / "watched"
    watched.mkdir()
    names: list[str] = []
    gaps: list[Gap] = []
    files = Files(media=(), sync=False, read_mib_s=1.0, patience_s=0.5, quiet_after_scan_s=0.1, reconcile_every_s=0.5)
    running = Monitor(
        config=Config(folders=(Folder(role="removable", path=watched),), files=files, workers=Workers(count=1)),
        folder=tmp_path / "store",
        policy=Policy(),
        actor="test",
        on_report=lambda report: names.append(report.analysis.observation.name),
        on_gap=gaps.append,
    )
    running.start()
    try:
        for number, size in enumerate((9 << 20, 4 << 20, 10, 11)):  # ten seconds' worth may be spent at once
            (watched / f"{number}.bin").write_bytes(b"x" * size)
        deadline = time.monotonic() + 60.0
        while len(names) < 4 and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        running.stop()
    assert sorted(names) == ["0.bin", "1.bin", "2.bin", "3.bin"]
    told = [gap for gap in gaps if gap.cause == "over budget"]
    assert sum(gap.size for gap in told) >= 1
    assert all(gap.start < gap.end and "waited" in gap.detail for gap in told)
    assert {gap.cause for gap in gaps} == {"over budget"}
    connection = open_reader(tmp_path / "store")
    sensor = next(each for each in sensing(connection, time.time()) if each.row.sensor.startswith("files:removable"))
    connection.close()
    assert [(use.what, use.allowed, use.unit) for use in sensor.uses] == [
        ("processor", 100.0, "%"),
        ("reading", 1.0, "MiB/s"),
    ]
    assert sensor.lag_s is not None


def _holders(file: Path) -> list[str]:
    """The descriptors, of any process of ours, that hold a file open."""
    holding = []
    for link in glob.iglob("/proc/[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if os.readlink(link) == str(file):
                holding.append(link)
    return holding
