"""What a process had open is told of files in evidence only, with real readers."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from forensics.content import Content
from forensics.inference import Inference
from forensics.model import Analysis, Artifact, Match, Observation, Outcome, OutcomeKind, Subject, Verdict, Versions
from forensics.provenance import Provenance
from forensics.recorder import Report
from forensics.sensors.files.settled import Method, SettledFile, as_uri, stamp_of
from forensics.sensors.network.owners import SocketOwners
from forensics.store.lineage import FILE_ID, OPENED, OPENED_BY
from forensics.store.rows import Recorded
from forensics.workers import Result

HOLD = "import sys; files = [open(name, 'rb') for name in sys.argv[1:]]; print('open', flush=True); sys.stdin.read()"
ENOUGH_S = 60.0


@pytest.fixture
def inference() -> Iterator[Inference]:
    inference = Inference(SocketOwners())
    inference.start()
    if inference.method != "fanotify":
        inference.stop()
        pytest.skip("no right to fanotify")
    yield inference
    inference.stop()


@pytest.fixture
def holders() -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.wait()


def hold(holders: list[subprocess.Popen[str]], *paths: Path) -> int:
    command = [sys.executable, "-c", HOLD, *map(str, paths)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    holders.append(process)
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process.pid


def file(path: Path, data: bytes) -> SettledFile:
    path.write_bytes(data)
    content = Content.at(path)
    return SettledFile(
        sensor="files:work",
        role="work",
        root=str(path.parent),
        path=path.name,
        uri=as_uri(str(path)),
        stamp=stamp_of(content),
        content=content,
        time=time.time(),
        method=Method.CLOSED,
    )


def result(content: Content, *, pid: int = 0, uri: str = "http://drop.example/x") -> Result:
    seen = Observation(
        key=uri, channel="http", time=time.time(), name="x", content=content, destination=uri, subject=Subject(pid=pid)
    )
    match = Match(rule="r", matcher="digest", artifact=0, score=1.0, item="c1")
    artifact = Artifact(number=0, parent=None, path=("x",), media_type="", content=content)
    outcome = Outcome(artifact=0, kind=OutcomeKind.MATCHED)
    analysis = Analysis(
        observation=seen, artifacts=(artifact,), matches=(match,), outcomes=(outcome,), versions=Versions()
    )
    return Result(analysis=analysis)


def keep(provenance: Provenance, settled: SettledFile, *, is_recorded: bool = True) -> None:
    assert settled.content is not None
    provenance.keep(
        settled,
        Report(
            analysis=result(settled.content).analysis,
            verdict=Verdict(is_alert=False, severity="info", title="", reason=""),  # type: ignore[arg-type]
            recorded=Recorded(observation_id=1 if is_recorded else None, alert_id=None, incident_id=None, is_new=True),
        ),
    )


def facts(provenance: Provenance, sent: Result) -> dict[str, str]:
    """What is told as soon as anything is."""
    deadline = time.monotonic() + ENOUGH_S
    while time.monotonic() < deadline:
        found = dict(provenance.placed(sent, None).analysis.artifacts[0].facts)
        if OPENED in found:
            return found
        time.sleep(0.05)
    return {}


def test_of_what_a_process_has_open_only_what_is_in_evidence_is_told(
    inference: Inference, holders: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    known, own = file(tmp_path / "clip.wav", bytes(5000)), file(tmp_path / "diary.txt", b"x" * 5000)
    provenance = Provenance(lambda: inference)
    keep(provenance, known)
    keep(provenance, own, is_recorded=False)
    pid = hold(holders, tmp_path / "clip.wav", tmp_path / "diary.txt")
    found = facts(provenance, result(Content.of(b"other"), pid=pid))
    assert found[OPENED] == known.uri
    assert str(pid) in found[OPENED_BY]


def test_where_nobody_knows_the_process_who_opened_the_same_bytes_last_is_named(
    inference: Inference, holders: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    provenance = Provenance(lambda: inference)
    for name, data in (("a.wav", b"a" * 5000), ("b.wav", b"a" * 5000), ("c.wav", b"c" * 5000)):
        keep(provenance, file(tmp_path / name, data))
    pid = hold(holders, tmp_path / "b.wav", tmp_path / "c.wav")
    found = facts(provenance, result(Content.of(b"a" * 5000)))
    assert found[OPENED] == as_uri(str(tmp_path / "b.wav"))
    assert str(pid) in found[OPENED_BY]


def test_without_readings_only_the_file_itself_is_described(tmp_path: Path) -> None:
    settled = file(tmp_path / "clip.wav", bytes(5000))
    assert settled.content is not None
    assert settled.stamp is not None
    provenance = Provenance(lambda: None)
    keep(provenance, settled)
    placed = provenance.placed(result(settled.content), replace(settled, facts={"sync.client": "dropbox"}))
    found = placed.analysis.artifacts[0].facts
    assert found[FILE_ID] == f"{settled.stamp.device}:{settled.stamp.inode}"
    assert found["sync.client"] == "dropbox"
    assert OPENED not in found
