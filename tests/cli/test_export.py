"""`earwitness export` as a process: files, custody, and nothing written over."""

from __future__ import annotations

import hashlib
import json
import socket
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest

from forensics.cli.main import cli
from forensics.errors import EarwitnessError
from forensics.store import reader
from tests.reports.made import fill


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    fill(folder)
    return folder


def run(store: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "forensics.cli", "--store", str(store), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def custody(store: Path, subject: str) -> list[str]:
    connection = reader.open_reader(store)
    try:
        return [act.detail for act in reader.custody(connection, subject) if act.action == "export"]
    finally:
        connection.close()


def test_an_export_is_checked_by_sha256sum_and_noted(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(store, "export", "--incident", "I1", "--format", "csv", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=out, capture_output=True, check=False).returncode == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    digest = hashlib.sha256((out / "SHA256SUMS").read_bytes()).hexdigest()
    assert custody(store, "I1")[-1] == f"csv, SHA256SUMS sha256 {digest}"
    assert digest in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_nothing_is_written_over_and_nothing_is_noted_then(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    before = len(custody(store, "I1"))
    done = run(store, "export", "--incident", "I1", "--format", "cef", "--out", str(out))
    assert (done.returncode, list(out.iterdir())) == (8, [])
    assert len(custody(store, "I1")) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_query_is_exported_too(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(store, "export", "--query", "channel:http", "--format", "ecs", "--out", str(out)).returncode == 0
    assert len((out / "ecs.jsonl").read_text().splitlines()) == 1
    assert custody(store, "query channel:http")


def refused(store: Path, *arguments: str) -> int:
    """The exit code of an export that does not come about, asked in this process."""
    try:
        cli.main(["--store", str(store), "export", *arguments], standalone_mode=False)
    except (EarwitnessError, click.UsageError) as error:
        return error.exit_code
    return 0


def test_what_cannot_be_exported_is_said(store: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "none")
    for arguments, code in (
        (("--incident", "I9", "--format", "csv", "--out", out), 8),
        (("--query", "clip:nothing", "--format", "csv", "--out", out), 8),
        (("--query", "usr:x", "--format", "csv", "--out", out), 2),
        (("--format", "csv", "--out", out), 2),
        (("--incident", "I1", "--format", "csv"), 2),
    ):
        assert refused(store, *arguments) == code
    assert list(tmp_path.iterdir()) == []


def test_events_are_sent_and_noted_before(store: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        url = f"udp://127.0.0.1:{receiver.getsockname()[1]}"
        done = run(store, "export", "--incident", "I1", "--format", "cef", "--to", url)
        assert done.returncode == 0, done.stderr
        got = [receiver.recv(65536) for _ in range(2)]
    assert all(b"CEF:0|Earwitness|" in message for message in got)
    assert custody(store, "I1")[-1].startswith(f"cef to {url}, 2 events, sha256 ")
    (tmp_path / "empty").touch()
    for arguments, code in (
        (("--format", "stix", "--to", url), 2),
        (("--format", "cef", "--to", "http://127.0.0.1/"), 2),
        (("--format", "ecs", "--to", "http://127.0.0.1/", "--secret", str(tmp_path / "empty")), 8),
        (("--format", "ecs", "--to", "ftp://127.0.0.1/"), 8),
    ):
        assert refused(store, "--incident", "I1", *arguments) == code


def test_an_entry_is_proven_to_a_stranger_and_a_changed_byte_is_found(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "proof"
    lines = [json.loads(line) for line in run(store, "log", "--json", "--every").stdout.splitlines()]
    entry = lines[-1]["id"]
    done = run(store, "prove", f"C{entry}", str(lines[0]["id"]), "--out", str(out), "--reason", "court")
    assert done.returncode == 0, done.stderr
    check = [sys.executable, "-I", str(out / "verify.py"), str(out)]
    found = subprocess.run(check, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    proofs = json.loads((out / "data/custody/proofs.json").read_text())
    assert (len(proofs["inclusion"]), len(proofs["consistency"]) > 0) == (2, True)
    told = [json.loads(line) for line in run(store, "log", "--exports", "--json").stdout.splitlines()]
    assert told[0]["what"].startswith("proof, ")
    assert told[0]["what"].endswith("; court")
    assert "export entries" in run(store, "log", "--exports").stdout
    body = out / "data/custody/proofs.json"
    body.write_text(body.read_text().replace('"size":', '"size": 1', 1))
    assert subprocess.run(check, capture_output=True, check=False).returncode == 1
    assert run(store, "prove", "99999", "--out", str(tmp_path / "none")).returncode == 8
    assert run(store, "log", "--exports", "--every").returncode == 2
