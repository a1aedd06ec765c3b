"""Request, approve, open: two custodians and nobody less, in time, and every step in the log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from forensics.content import Content
from forensics.sealing.request import Request
from forensics.store import custody, reader
from forensics.store.blobs import FOLDER
from forensics.store.writer import Store
from forensics.unsealing import MOST_HOURS
from tests.cli.invoking import Done, earwitness
from tests.sealing.people import key_file
from tests.store.made import analysis, called, latest, name_custodians, observation, verdict

SPEECH = Content.of(b"clear speech " * 30_000)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with an alert whose content is sealed, beside the private files of its three custodians."""
    folder = tmp_path / "store"
    for key in name_custodians(folder, 3):
        key_file(tmp_path, key)
    with Store.open(folder, actor="t") as opened, opened.group() as group:
        group.record(analysis(observation(content=SPEECH)), verdict(), grouper=latest, kept={SPEECH.sha256: SPEECH})
    return folder


def request(store: Path, *, what: str = "A1", hours: str = "1", name: str = "r") -> Path:
    path = store.parent / name
    done = earwitness(
        "--store", store, "unseal", "request", what, "--reason", "the lawyer asked", "--hours", hours, "--out", path
    )
    assert done.returncode == 0, done.stderr
    return path


def approve(path: Path, name: str) -> Path:
    done = earwitness("unseal", "approve", path, "--key", path.with_name(f"{name}.key"), "--yes")
    assert done.returncode == 0, done.stderr
    return path.with_name(f"{path.name}.{name}")


def opened(store: Path, path: Path, *approvals: Path, out: str = "-") -> Done:
    return earwitness("--store", store, "unseal", "open", path, *approvals, "--out", out)


def acts(store: Path) -> list[tuple[str, str]]:
    connection = reader.open_reader(store)
    try:
        assert custody.verify(connection) == []
        return [(row.actor, row.action) for row in reader.custody(connection, "A1") if "unseal" in row.action]
    finally:
        connection.close()


def test_two_custodians_open_it_and_the_log_says_who_and_why(store: Path, tmp_path: Path) -> None:
    path = request(store)
    anna, chloe = approve(path, "anna"), approve(path, "chloe")
    for out in ("-", str(tmp_path / "speech")):
        done = opened(store, path, chloe, anna, out=out)
        assert done.returncode == 0, done.stderr
        data = done.output if out == "-" else Path(out).read_bytes()
        assert data == SPEECH.bytes()
    me = acts(store)[0][0]
    steps = [("chloe", "unseal approved"), ("anna", "unseal approved"), (me, "unsealed")]
    assert acts(store) == [(me, "unseal requested"), *steps, *steps]
    shown = earwitness("--store", store, "show", "A1").stdout
    assert "unsealed A1 the lawyer asked" in shown
    assert SPEECH.sha256 in shown


def test_a_custodian_sees_what_is_asked_before_saying_yes(store: Path) -> None:
    path = request(store)
    key = path.with_name("anna.key")
    no = earwitness("unseal", "approve", path, "--key", key, text="n\n")
    assert all(word in no.stderr for word in ("the lawyer asked", SPEECH.sha256, "until"))
    assert not path.with_name("r.anna").exists()
    assert earwitness("unseal", "approve", path, "--key", key, text="y\n").returncode == 0


def test_one_custodian_or_other_requests_open_nothing_and_the_try_is_noted(store: Path) -> None:
    path, other = request(store), request(store, name="other")
    anna, boris, elsewhere = approve(path, "anna"), approve(path, "boris"), approve(other, "boris")
    changed = path.with_name("longer")
    asked = Request.parse(path.read_bytes())
    changed.write_bytes(replace(asked, until=asked.until + 9e6).text)
    for file, approvals in ((path, (anna, anna)), (path, (anna, elsewhere)), (changed, (anna, boris))):
        done = opened(store, file, *approvals)
        assert (done.returncode, done.output) == (8, b"")
        assert "refused" in done.stderr
    assert [action for _, action in acts(store)] == ["unseal requested"] * 2 + ["unseal refused"] * 3


def test_after_the_limit_it_is_refused_and_the_requests_key_is_gone(store: Path) -> None:
    path = request(store, hours="0.0004")
    approvals = approve(path, "anna"), approve(path, "boris")
    key = store / "requests"
    assert len(list(key.glob("*.key"))) == 1
    os.utime(path)
    subprocess.run(["sleep", "1.6"], check=True)
    done = opened(store, path, *approvals)
    assert (done.returncode, done.output) == (8, b"")
    assert "time" in done.stderr
    assert list(key.iterdir()) == []
    late = earwitness("unseal", "approve", path, "--key", path.with_name("chloe.key"), "--yes")
    assert (late.returncode, "time" in late.stderr) == (8, True)


def test_what_lies_on_the_workstation_opens_nothing(store: Path) -> None:
    """Every private thing of the store together with every file of it: no key in it opens a share."""
    path = request(store)
    for name in ("anna", "boris"):
        approve(path, name)
    for each in store.rglob("*"):
        if each.is_file():
            assert b"clear speech" not in each.read_bytes()
            stolen = earwitness("unseal", "approve", path, "--key", each, "--out", path.with_name("x"), "--yes")
            assert stolen.returncode != 0


def test_an_envelope_that_was_changed_or_is_another_comes_out_as_an_error(store: Path, tmp_path: Path) -> None:
    path = request(store)
    approvals = approve(path, "anna"), approve(path, "boris")
    (envelope,) = [each for each in (store / FOLDER).rglob("*") if each.is_file()]
    whole = envelope.read_bytes()
    envelope.write_bytes(whole[:-1])
    done = opened(store, path, *approvals, out=str(tmp_path / "out"))
    assert (done.returncode, "does not open" in done.stderr) == (8, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("what", "reason", "hours"),
    [
        ("A9", "x", "1"),
        ("I1", "x", "1"),
        ("0" * 64, "x", "1"),
        ("A1", " ", "1"),
        ("A1", "x", "0"),
        ("A1", "x", "nan"),
        ("A1", "x", str(MOST_HOURS + 1)),
    ],
)
def test_a_request_for_nothing_or_for_ever_is_refused(store: Path, what: str, reason: str, hours: str) -> None:
    done = earwitness("--store", store, "unseal", "request", what, "--reason", reason, "--hours", hours)
    assert done.returncode == 8


def test_stdout_of_the_real_command_is_the_bytes(store: Path) -> None:
    path = request(store, what=SPEECH.sha256[:12])
    approvals = approve(path, "boris"), approve(path, "chloe")
    call = [sys.executable, "-m", "forensics.cli", "--store", store, "unseal", "open", path, *approvals, "--out", "-"]
    done = subprocess.run([str(each) for each in call], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, SPEECH.bytes())


def test_a_name_is_learned_as_content_is_opened_and_the_log_says_so(store: Path) -> None:
    person = called(store, "user1")
    path = request(store, what=person)
    shown = earwitness("unseal", "approve", path, "--key", path.with_name("boris.key"), text="n\n").stderr
    assert f"the name of {person}" in shown
    anna, chloe = approve(path, "anna"), approve(path, "chloe")
    done = earwitness("--store", store, "unseal", "open", path, anna, chloe)
    assert (done.returncode, done.stdout) == (0, "user1\n")
    connection = reader.open_reader(store)
    rows = reader.custody(connection, f"person {person}")
    connection.close()
    assert [row.action for row in rows] == ["unseal requested", "unseal approved", "unseal approved", "unsealed"]
    asked = earwitness("--store", store, "unseal", "request", "p-aaaaaaaa", "--reason", "x", "--hours", "1")
    assert (asked.returncode, "no name is kept" in asked.stderr) == (8, True)
    content = approve(request(store, name="content"), "anna")
    assert earwitness("--store", store, "unseal", "open", path, content, anna).returncode == 8


def test_what_waits_in_the_store_is_approved_by_another_and_opened_by_who_asked(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_(name: str, *arguments: str | Path) -> Done:
        monkeypatch.setenv("SUDO_USER", name)
        return earwitness("--store", store, "unseal", *arguments)

    def told() -> list[dict[str, object]]:
        return [json.loads(line) for line in as_("x", "list", "--json").stdout.splitlines()]

    out, yes = tmp_path / "speech", ("--yes", "--key")
    asking = ("request", "A1", "--reason", "; sha256 x; request 0", "--hours", "1", "--out", tmp_path / "r")
    assert as_("anna", *asking, *yes[1:], tmp_path / "anna.key").returncode == 0
    id = str(told()[0]["request"])
    assert (told()[0]["state"], told()[0]["approved_by"], told()[0]["why"]) == ("asked", ["anna"], asking[3])
    assert as_("anna", "open", id, "--out", out).returncode == 8
    same = as_("anna", "approve", id[:8], *yes, tmp_path / "boris.key")
    assert (same.returncode, "who asked cannot approve" in same.stderr) == (8, True)
    twice = as_("boris", "approve", id, *yes, tmp_path / "anna.key")
    assert (twice.returncode, "already" in twice.stderr) == (8, True)
    elsewhere = approve(tmp_path / "r", "boris")
    assert as_("boris", "approve", id, *yes, elsewhere).returncode == 0
    assert as_("boris", "open", id, "--out", out).returncode == 8
    assert not out.exists()
    assert as_("anna", "open", id, "--out", out).returncode == 0
    assert out.read_bytes() == SPEECH.bytes()
    assert f"{id[:8]}  opened" in as_("x", "list").stdout
    steps = ["refused", "refused", "approved", "refused"]
    found = [str(step["did"]) for step in told()[0]["steps"]]  # type: ignore[attr-defined]
    assert found == ["unseal approved", *(f"unseal {step}" for step in steps), "unsealed"]
    assert acts(store)

    assert as_("anna", "request", "A1", "--reason", "x", "--hours", "1", "--out", tmp_path / "s").returncode == 0
    second = str(told()[0]["request"])
    assert as_("boris", "decline", second, "--reason", " ").returncode == 8
    assert as_("boris", "decline", second, "--reason", "not for this").returncode == 0
    assert [path.name for path in (store / "requests").glob(f"{second}*")] == []
    assert told()[0]["state"] == "declined"
    assert as_("boris", "approve", second, *yes, tmp_path / "boris.key").returncode == 8
