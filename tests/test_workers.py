"""Workers: whatever happens to one, every observation gets an analysis and the next one is served."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest

from forensics.config import Config, Limits, Workers
from forensics.content import Content
from forensics.errors import EarwitnessError, RuleError
from forensics.model import Analysis, Artifact, Match, Observation, Outcome, OutcomeKind, Sound, Versions
from forensics.resources import samples_folder
from forensics.worker import child, frames
from forensics.worker.hand import Hand, NotStartedError
from forensics.worker.messages import Hello, check
from forensics.workers import WorkerPool


def observation(data: bytes, name: str = "file.bin") -> Observation:
    return Observation(key=name, channel="file", time=0.0, name=name, content=Content.of(data))


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[WorkerPool]:
    with WorkerPool(Config(workers=Workers(count=1, timeout_s=20.0)), tmp_path) as running:
        yield running


def children() -> list[int]:
    """The worker processes of this process."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        found += [int(pid) for pid in (task / "children").read_text().split()]
    return [pid for pid in found if b"forensics.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_nested_content_comes_back_with_outcomes_and_kept_bytes(pool: WorkerPool) -> None:
    manifest = (samples_folder() / "packages/TR-2041/manifest.json").read_bytes()
    inner, outer = BytesIO(), BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("deep/manifest.json", manifest)
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
        archive.writestr("note.txt", "nothing to see")
    result = pool.submit(observation(outer.getvalue(), "outer.zip")).result()
    outcomes = {a.path: result.analysis.outcome_of(a.number).kind for a in result.analysis.artifacts}
    assert outcomes["outer.zip", "inner.zip", "deep/manifest.json"] is OutcomeKind.MATCHED
    assert outcomes["outer.zip", "note.txt"] is OutcomeKind.CLEAN
    assert manifest in [content.bytes() for content in result.kept.values()]
    assert result.analysis.versions.engine


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_worker_that_died_of_something_else_costs_no_verdict(pool: WorkerPool, number: signal.Signals) -> None:
    assert pool.submit(observation(b"before")).result().analysis.outcomes[0].kind is OutcomeKind.CLEAN
    (worker,) = children()
    os.kill(worker, number)
    assert pool.submit(observation(b"during")).result().analysis.outcomes[0].kind is OutcomeKind.CLEAN
    assert pool.deaths == 1


def test_a_worker_that_takes_too_much_processor_time_is_not_tried_again(pool: WorkerPool) -> None:
    (worker,) = children()
    os.kill(worker, signal.SIGXCPU)
    assert pool.submit(observation(b"endless")).result().analysis.outcomes[0].kind is OutcomeKind.TIMED_OUT
    assert pool.deaths == 1


def test_what_is_registered_while_a_worker_lives_is_read_by_the_next(tmp_path: Path) -> None:
    clip = samples_folder() / "packages/TR-2041/audio/TR-2041-c01.wav"
    command = [sys.executable, "-m", "forensics.cli", "--store", str(tmp_path), "register", str(clip)]
    with WorkerPool(Config(workers=Workers(count=1)), tmp_path) as pool:
        before = pool.submit(replace(observation(b"", "clip.wav"), content=Content.at(clip))).result()
        subprocess.run([*command, "--programme", "p", "--recipient", "r"], check=True, capture_output=True)
        after = pool.submit(replace(observation(b"", "clip.wav"), content=Content.at(clip))).result()
    kinds = [result.analysis.outcomes[0].kind for result in (before, after)]
    assert kinds == [OutcomeKind.CLEAN, OutcomeKind.MATCHED]


def test_small_files_of_one_message_are_told_apart(pool: WorkerPool) -> None:
    """Each gets its own verdict and what is kept of it, in order."""
    manifest = (samples_folder() / "packages/TR-2041/manifest.json").read_bytes()
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("manifest.json", manifest)
    contents = [packed.getvalue() if number % 7 == 3 else b"text %d" % number for number in range(40)]
    futures = [pool.submit(observation(data, f"{number}.bin")) for number, data in enumerate(contents)]
    results = [future.result() for future in futures]
    assert [each.analysis.observation.name for each in results] == [f"{number}.bin" for number in range(40)]
    for data, each in zip(contents, results, strict=True):
        assert each.analysis.artifacts[0].content.sha256 == hashlib.sha256(data).hexdigest()
        assert (manifest in [kept.bytes() for kept in each.kept.values()]) == (data == packed.getvalue())


@contextmanager
def deadly(path: Path) -> Iterator[None]:
    """Kill every worker of this process that holds the file open."""
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(0.005):
            with contextlib.suppress(OSError):  # threads and processes come and go while they are looked at
                for pid in children():
                    if any(link.readlink() == path for link in Path(f"/proc/{pid}/fd").iterdir()):
                        os.kill(pid, signal.SIGKILL)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()


def test_a_worker_that_dies_of_one_of_many_costs_no_other_its_verdict(pool: WorkerPool, tmp_path: Path) -> None:
    slow = gzip.compress(bytes(40 << 20))
    names = ["slow.gz", "a.txt", "b.txt", "trap.gz", "c.txt", "d.txt"]
    for name in names:
        (tmp_path / name).write_bytes(slow if name.endswith(".gz") else name.encode())
    with deadly(tmp_path / "trap.gz"):
        seen = [replace(observation(b"", name), content=Content.at(tmp_path / name)) for name in names]
        futures = [pool.submit(each) for each in seen]
        outcomes = {name: future.result().analysis.outcomes[0] for name, future in zip(names, futures, strict=True)}
    assert "the worker died" in outcomes.pop("trap.gz").reason
    assert {outcome.kind for outcome in outcomes.values()} == {OutcomeKind.CLEAN}


def test_what_was_analysed_can_be_kept(pool: WorkerPool) -> None:
    root = pool.submit(observation(b"evidence")).result().analysis.artifacts[0].content
    assert root.bytes() == b"evidence"


def sound() -> Analysis:
    """An analysis that holds together."""
    content = Content.recorded(size=1, sha256="0" * 64)
    artifact = Artifact(number=0, parent=None, path=("x",), media_type="text/plain", content=content)
    return Analysis(
        observation=observation(b"x"),
        artifacts=(artifact,),
        matches=(),
        outcomes=(Outcome(artifact=0, kind=OutcomeKind.CLEAN),),
        versions=Versions(),
    )


def heard(**values: Any) -> Match:
    """A match that was heard."""
    settings: dict[str, Any] = {"issued": (1,), "heard": (2,), "evidence": (0.5,), "false_alarm": 0.5}
    return Match(rule="r", matcher="audio", artifact=0, score=1.0, sound=Sound(**{**settings, **values}))


@pytest.mark.parametrize(
    "lie",
    [
        {"artifacts": ()},
        {"outcomes": ()},
        {"matches": (Match(rule="r", matcher="yara", artifact=7, score=1.0),)},
        {"matches": (Match(rule="r", matcher="yara", artifact=0, score=math.nan),)},
        {"matches": (heard(false_alarm=1.5),)},
        {"matches": (heard(evidence=(math.inf,)),)},
        {"matches": (heard(issued=(1 << 64,)),)},
        {"matches": (heard(heard=()),)},
        {"matches": (heard(family=("x",) * 20_000),)},
        {"artifacts": (replace(sound().artifacts[0], path=()),)},
        {"artifacts": (replace(sound().artifacts[0], content=Content.recorded(size=1, sha256="../../etc")),)},
    ],
    ids=[
        "no artifact",
        "no outcome",
        "match of nothing",
        "no number",
        "no probability",
        "endless evidence",
        "no code",
        "codes apart",
        "endless family",
        "no name",
        "no digest",
    ],
)
def test_a_lying_worker_is_not_believed(lie: dict[str, Any]) -> None:
    check(sound())
    check(replace(sound(), matches=(heard(),)))
    with pytest.raises(msgspec.ValidationError):
        check(replace(sound(), **lie))


def test_descriptors_of_a_broken_message_are_closed() -> None:
    ours, theirs = socket.socketpair()
    before = len(os.listdir("/proc/self/fd"))
    with ours, theirs, open("/dev/null", "rb") as file:
        socket.send_fds(theirs, [frames.HEADER.pack(1, 100)], [file.fileno()])
        theirs.close()
        with pytest.raises(EOFError):
            frames.receive(ours)
    assert len(os.listdir("/proc/self/fd")) == before - 2


@pytest.mark.slow
def test_a_hanging_worker_is_killed(tmp_path: Path) -> None:
    with WorkerPool(Config(workers=Workers(count=1, timeout_s=8.0)), tmp_path) as pool:
        (worker,) = children()
        os.kill(worker, signal.SIGSTOP)
        hung = pool.submit(observation(b"during")).result().analysis
        assert hung.outcomes[0].kind is OutcomeKind.TIMED_OUT
        assert not Path(f"/proc/{worker}").exists()
        assert pool.submit(observation(b"after")).result().analysis.outcomes[0].kind is OutcomeKind.CLEAN


def test_a_bomb_is_over_the_limit_not_clean(tmp_path: Path) -> None:
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(96 << 20))
    with WorkerPool(Config(limits=Limits(ratio=10), workers=Workers(count=1)), tmp_path) as pool:
        analysis = pool.submit(observation(bomb.getvalue(), "bomb.zip")).result().analysis
    assert analysis.outcomes[0].kind is OutcomeKind.TOO_LARGE


def test_nesting_beyond_the_limit_is_said(tmp_path: Path) -> None:
    data = b"core"
    for level in range(6):
        layer = BytesIO()
        with zipfile.ZipFile(layer, "w") as archive:
            archive.writestr(f"{level}.zip", data)
        data = layer.getvalue()
    with WorkerPool(Config(limits=Limits(depth=3), workers=Workers(count=1)), tmp_path) as pool:
        analysis = pool.submit(observation(data, "nest.zip")).result().analysis
    assert OutcomeKind.TOO_LARGE in {outcome.kind for outcome in analysis.outcomes}
    assert max(len(artifact.path) for artifact in analysis.artifacts) == 1 + 3


def test_rules_that_do_not_load_are_told_to_the_caller(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    (pack / "yara").mkdir(parents=True)
    (pack / "pack.toml").write_text('id = "broken"\nname = "Broken"\nversion = "1.0.0"\n')
    (pack / "yara" / "bad.yar").write_text("rule broken {\n  condition:\n    nonsense ===\n}\n")
    pool = WorkerPool(Config(rules=(pack,), workers=Workers(count=1)), tmp_path)
    with pytest.raises(RuleError, match=r"bad\.yar:3"):
        pool.start()


def test_a_worker_that_cannot_start_is_told_with_how_it_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    pool = WorkerPool(Config(workers=Workers(count=1)), tmp_path)
    with pytest.raises(EarwitnessError, match=r"did not start \(exit status 1\); with EARWITNESS_DEBUG=1"):
        pool.start()


def test_a_worker_that_is_killed_while_it_loads_is_replaced(tmp_path: Path) -> None:
    child.start_ahead()
    child._ahead[0].process.kill()
    with WorkerPool(Config(workers=Workers(count=1)), tmp_path) as pool:
        analysis = pool.submit(observation(b"words", "a.txt")).result().analysis
    assert [outcome.kind for outcome in analysis.outcomes] == [OutcomeKind.CLEAN]


def test_a_worker_that_does_nothing_while_it_loads_is_given_up(tmp_path: Path) -> None:
    idle = child.start()
    idle.process.send_signal(signal.SIGSTOP)
    child._ahead.append(idle)
    hello = Hello(config=Config(workers=Workers(count=1, timeout_s=1)), store=str(tmp_path))
    with pytest.raises(NotStartedError, match="TimeoutError"):
        Hand(hello, lambda _: None, files=frozenset())
    assert idle.process.poll() is not None


def test_a_worker_started_ahead_is_taken_once_and_ends_when_nobody_needs_it() -> None:
    child.start_ahead()
    child.start_ahead()
    first, second = child.take(), child.take()
    assert first.process.pid != second.process.pid
    for each in (first, second):
        each.socket.close()
        assert each.process.wait(timeout=30) == 0


def test_a_command_that_fails_before_its_worker_is_needed_leaves_none(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "forensics.cli", "--store", str(tmp_path), "identify", "--no-such-option"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True) as running:
        assert running.stderr is not None
        assert b"No such option" in running.stderr.read()  # it ends when its last holder does
        assert running.wait() == 2
    deadline = time.monotonic() + 60
    while _in_group(running.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _in_group(running.pid)


def _in_group(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
