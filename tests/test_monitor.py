"""The recording thread: one bad entry takes no other with it; nothing counts as done that is not stored."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from forensics.channels.observe import observation
from forensics.config import Config, Workers
from forensics.content import Content
from forensics.model import (
    Analysis,
    Artifact,
    Direction,
    Gap,
    Match,
    Observation,
    Outcome,
    OutcomeKind,
    Versions,
    WireObject,
)
from forensics.monitor import Monitor, _Pending
from forensics.policy import Policy
from forensics.recorder import Report
from forensics.resources import samples_folder
from forensics.workers import Result


def monitor(folder: Path, reports: list[Report], gaps: list[Gap]) -> Monitor:
    return Monitor(
        config=Config(workers=Workers(count=1)),
        folder=folder,
        policy=Policy(),
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


def unjudgeable(done: Callable[[], None]) -> _Pending:
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
    return _Pending(future, done=done)


def test_an_entry_nobody_can_judge_takes_no_other_with_it(tmp_path: Path) -> None:
    reports: list[Report] = []
    gaps: list[Gap] = []
    running = monitor(tmp_path, reports, gaps)
    running.start()
    bad = threading.Event()
    running._room.acquire()
    running._news.put(unjudgeable(bad.set))
    running._leaving(leak(1), lambda: None)
    running.stop()
    assert [report.alert is not None for report in reports] == [True]
    assert bad.is_set()
    assert [gap.cause for gap in gaps] == ["observation refused by the store"]


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
