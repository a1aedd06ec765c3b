"""Kept waveforms through the real command line: sealed at rest, opened with the key alone, every opening noted."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from forensics import errors
from forensics.cli import reference_access
from forensics.cli.context import Session
from forensics.cli.reference_access import recorded_access
from forensics.config import Config, Workers
from forensics.content import Content
from forensics.database import open_reader, open_writer
from forensics.model import Observation, OutcomeKind
from forensics.register.references import FILE, References
from forensics.resources import samples_folder
from forensics.store import custody
from forensics.workers import ATTEMPTS, WorkerPool
from tests.benchmarks.audio_corpus import decode
from tests.cli.test_scan import earwitness, transcoded
from tests.test_workers import children

PACKAGE = samples_folder() / "packages" / "TR-2041"
CLIP = PACKAGE / "audio" / "TR-2041-c01.wav"
WHO = ("--programme", "translator", "--recipient", "reviewer-17")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "responder.key"
    done = subprocess.run(
        [sys.executable, "-m", "forensics.cli", "reference-key", str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, str(path.with_name("responder.key.pub")) in done.stdout) == (0, True)
    return path


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, key: Path) -> Path:
    """A store that keeps the waveforms of one package."""
    folder = tmp_path_factory.mktemp("kept")
    code, lines, said = keep(folder, key)
    assert (code, "3 waveforms kept" in said) == (0, True)
    assert {line["kind"] for line in lines if line["reference"]} == {"clip"}
    return folder


@pytest.fixture
def store(tmp_path: Path, kept: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "store"))


def excerpt(target: Path, *, seconds: float = 1.2, noise: float = 0.05) -> Path:
    """A second of a kept clip in noise."""
    mix = f"anoisesrc=c=white:a={noise}:d=2:seed=1[n];[0:a][n]amix=inputs=2:duration=first:weights=1 1"
    return transcoded(CLIP, target, "-ss", "2", "-t", str(seconds), "-filter_complex", mix, "-ar", "8000")


def keep(folder: Path, key: Path | None, path: Path = PACKAGE) -> tuple[int, list[dict[str, object]], str]:
    named = ("--seal-for", f"{key}.pub") if key else ()
    return earwitness(folder, "register", str(path), *WHO, "--keep-reference", *named, "--json")


def entries(store: Path) -> list[tuple[str, str]]:
    """Action and detail of every act of an unbroken chain that says what was done with keys, references and words."""
    connection = open_reader(store / "evidence.sqlite")
    assert custody.verify(connection) == []
    sql = "SELECT action, detail FROM custody WHERE action LIKE '%reference%' OR action LIKE 'passwords%'"
    found = [(row["action"], row["detail"]) for row in connection.execute(sql)]
    connection.close()
    return sorted(found)


def digests(store: Path) -> list[str]:
    connection = open_reader(store / FILE)
    found = [row[0] for row in connection.execute("SELECT sha256 FROM waveforms")]
    connection.close()
    return found


def test_the_waveform_is_sealed_at_rest_and_opens_with_the_key(store: Path, key: Path) -> None:
    speech = decode(CLIP)
    data = b"".join(path.read_bytes() for path in store.rglob("*") if path.is_file())
    assert speech[8000:8100].tobytes() not in data
    book = References.open(store, key)
    waveforms = [book.waveform(sha256) for sha256 in digests(store)]
    assert any(len(each) == len(speech) and np.corrcoef(each, speech)[0, 1] > 0.999 for each in waveforms)  # type: ignore[arg-type,index]


def test_a_short_noisy_excerpt_is_known_by_its_waveform_and_the_opening_is_noted(
    store: Path, key: Path, tmp_path: Path
) -> None:
    leak = excerpt(tmp_path / "leak.wav")
    config = tmp_path / "config.toml"
    config.write_text(f'reference_key = "{key}"\n')
    code, (line,), _ = earwitness(store, "identify", str(leak), "--json", "--config", str(config))
    assert code == 1
    assert line["matches"][0]["clip"] == "TR-2041-c01"
    (first, opened) = entries(store)
    assert first == ("reference key used", "to identify recordings")
    assert opened[0] == "references opened"
    assert "TR-2041-c01 x" in opened[1]


def test_scan_compares_waveforms_too_and_notes_it(store: Path, key: Path, tmp_path: Path) -> None:
    leak = excerpt(tmp_path / "leak.wav", seconds=0.5, noise=0.1)
    code, (line,), _ = earwitness(store, "scan", str(leak), "--json")
    assert (code, line["matches"], entries(store)) == (0, [], [])
    code, (line,), _ = earwitness(store, "scan", str(leak), "--json", "--reference-key", str(key))
    assert code == 1
    assert any(match["clip"] == "TR-2041-c01" and match["trace"]["waveform"] for match in line["matches"])
    noted = [(action, detail) for action, detail in entries(store) if "reference" in action]
    assert noted[0] == ("reference key used", "to scan")
    assert "TR-2041-c01 x" in noted[1][1]


@pytest.mark.slow
def test_watch_compares_waveforms_too_and_notes_it(store: Path, key: Path, tmp_path: Path) -> None:
    medium = tmp_path / "medium"
    medium.mkdir()
    command = [sys.executable, "-m", "forensics.cli", "--store", str(store), "watch", "--json"]
    process = subprocess.Popen(
        [*command, "--folder", f"removable:{medium}", "--reference-key", str(key)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    excerpt(medium / "leak.wav")
    line = json.loads(process.stdout.readline())
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert process.returncode == 1
    assert any(match["clip"] == "TR-2041-c01" and match["trace"]["waveform"] for match in line["matches"])
    noted = [(action, detail) for action, detail in entries(store) if "reference" in action]
    assert noted[0] == ("reference key used", "to watch")
    assert "TR-2041-c01 x" in noted[1][1]


def test_openings_are_noted_now_and_then_and_wait_for_a_store_that_cannot_be_written(
    store: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference_access, "NOTE_EVERY_S", 0.0)
    session = Session(config=Config(), store=store)
    evidence = store / "evidence.sqlite"
    with recorded_access(session, key, "to test") as access:
        access.count(digests(store)[0])
        access.note_due()
        assert [action for action, _ in entries(store)] == ["reference key used", "references opened"]
        access.count(digests(store)[0])
        data = evidence.read_bytes()
        evidence.write_bytes(b"something else entirely")
        access.note_due()
        evidence.write_bytes(data)
        access.note_due()
        assert len(entries(store)) == 3
    assert len(entries(store)) == 3


def test_what_a_worker_opened_before_it_died_is_noted(store: Path, key: Path, tmp_path: Path) -> None:
    long = transcoded(CLIP, tmp_path / "long.wav", "-af", "aloop=loop=10:size=2e6")
    session = Session(config=Config(workers=Workers(count=1)), store=store)
    killed: set[int] = set()

    def kill_the_reader(sha256: str) -> None:
        access.count(sha256)
        for worker in children():
            os.kill(worker, signal.SIGKILL)
            killed.add(worker)

    with (
        recorded_access(session, key, "to test") as access,
        WorkerPool(session.config, store, reference_key=key, on_opened=kill_the_reader) as pool,
    ):
        leak = Observation(key="leak", channel="file", time=0.0, name="long.wav", content=Content.at(long))
        (outcome,) = pool.submit(leak).result().analysis.outcomes
    assert (outcome.kind, "worker died" in outcome.reason, len(killed)) == (OutcomeKind.UNREADABLE, True, ATTEMPTS)
    (_, opened) = entries(store)
    assert opened[0] == "references opened"
    assert sum(int(clip.rpartition(" x")[2]) for clip in opened[1].split(", ")) >= ATTEMPTS
    assert "TR-2041-c01 x" in opened[1]


def test_without_the_key_nothing_is_opened_or_noted(store: Path) -> None:
    assert earwitness(store, "identify", str(CLIP), "--json")[0] == 1
    assert not (store / "evidence.sqlite").exists()


def test_a_changed_waveform_is_said_and_the_codes_still_decide(store: Path, key: Path) -> None:
    connection = open_writer(store / FILE)
    connection.execute("UPDATE waveforms SET sealed = zeroblob(length(sealed))")
    connection.close()
    code, (line,), _ = earwitness(store, "identify", str(CLIP), "--json", "--reference-key", str(key))
    assert (code, line["outcome"], line["matches"][0]["clip"]) == (1, "matched", "TR-2041-c01")
    assert "was changed" in line["reason"]
    assert ("references opened", "none") in entries(store)


def test_wrong_open_and_missing_keys_end_in_one_line(store: Path, key: Path, tmp_path: Path) -> None:
    def tried(path: Path) -> tuple[int, str]:
        code, lines, said = earwitness(store, "identify", str(CLIP), "--json", "--reference-key", str(path))
        assert lines == []
        return code, said

    other = tmp_path / "other.key"
    subprocess.run(
        [sys.executable, "-m", "forensics.cli", "reference-key", str(other)], capture_output=True, check=True
    )
    code, said = tried(other)
    assert (code, "sealed for" in said) == (errors.ConfigError.exit_code, True)
    assert tried(tmp_path / "none")[0] == errors.InputError.exit_code
    assert tried(Path(f"{key}.pub"))[0] == errors.ConfigError.exit_code
    opened = Path(shutil.copy(key, tmp_path / "opened.key"))
    opened.chmod(0o644)
    code, said = tried(opened)
    assert (code, "chmod 600" in said) == (errors.ConfigError.exit_code, True)
    code, _, said = keep(store, other)
    assert (code, "sealed for" in said) == (errors.ConfigError.exit_code, True)
    code, _, said = keep(tmp_path / "fresh", None)
    assert (code, "--seal-for" in said) == (errors.ConfigError.exit_code, True)
    assert not (store / "evidence.sqlite").exists()


def test_what_was_registered_before_gets_its_waveform_later(tmp_path: Path, key: Path) -> None:
    assert earwitness(tmp_path, "register", str(PACKAGE), *WHO, "--json")[0] == 0
    assert not (tmp_path / FILE).exists()
    code, (line, *_), said = keep(tmp_path, key)
    assert (code, line["outcome"], line["reference"], "3 waveforms kept" in said) == (0, "known", True, True)
    code, (line, *_), _ = earwitness(tmp_path, "register", str(PACKAGE), *WHO, "--keep-reference", "--json")
    assert (code, line["reference"]) == (0, True)


def test_what_is_unregistered_takes_its_waveform_along(store: Path) -> None:
    assert len(digests(store)) == 3
    assert earwitness(store, "unregister", "TR-2041-c01", "--json")[0] == 0
    assert len(digests(store)) == 2
    assert earwitness(store, "unregister", "--package", "TR-2041", "--json")[0] == 0
    assert digests(store) == []


def test_a_registration_killed_at_any_moment_leaves_no_waveform_for_good(tmp_path: Path, key: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    speech = decode(CLIP)
    for number in range(40):
        piece = np.roll(speech, number * 400)[:16000]
        (folder / f"{number}.wav").write_bytes(CLIP.read_bytes()[:44] + piece.tobytes())
    store = tmp_path / "store"
    command = [sys.executable, "-m", "forensics.cli", "--store", str(store), "register", str(folder), *WHO]
    for wait_s in (1.0, 1.6, 2.2):
        child = subprocess.Popen(
            [*command, "--keep-reference", "--seal-for", f"{key}.pub"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(wait_s)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    if (store / FILE).exists():
        connection = open_writer(store / FILE)
        connection.execute("UPDATE waveforms SET kept = kept - 7200")  # as if it had happened two hours ago
        connection.close()
    assert keep(store, key, PACKAGE)[0] == 0
    connection = open_reader(store / "register.sqlite")
    registered = {row[0] for row in connection.execute("SELECT sha256 FROM items WHERE kind = 'clip'")}
    connection.close()
    assert set(digests(store)) == registered
    assert len(registered) in (3, 43)
