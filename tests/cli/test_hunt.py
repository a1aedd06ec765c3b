"""Retro-hunt and replay: what came later is compared with what is stored, and what came out then with now."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from forensics.store import custody, reader
from forensics.store.custodians import Custodians
from tests.cli.invoking import Done, earwitness
from tests.fingerprints.audio.speech import say
from tests.registration.test_run import encoded, wav
from tests.sealing.people import custodians, key_file

RULES = Path(__file__).resolve().parents[2] / "rules" / "starter"


@pytest.fixture(scope="module")
def leaked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with a store, in which a mixture of two recordings and a locked archive alerted; one is registered."""
    place = tmp_path_factory.mktemp("hunt")
    (place / "out").mkdir()
    for name in ("en-1", "en-2", "de-1"):
        (place / f"{name}.wav").write_bytes(wav(say(name)))
    for key in custodians(2):
        key_file(place, key)
        Custodians(place / "store").add(key.public)
    assert run(place, "register", place / "en-1.wav", "--programme", "p", "--recipient", "r-1").returncode == 0
    encoded(wav(say("en-1")), place / "out" / "short.mp3")
    both = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", place / "en-1.wav", "-i", place / "en-2.wav", "-filter_complex",
         "[0][1]concat=n=2:v=0:a=1", place / "out" / "both.ogg"],
        check=False,
    )  # fmt: skip
    assert both.returncode == 0
    subprocess.run(
        ["7z", "a", "-psecret", "locked.zip", "de-1.wav", "en-1.wav"], cwd=place, check=True, stdout=subprocess.DEVNULL
    )
    shutil.move(place / "locked.zip", place / "out")
    assert run(place, "scan", place / "out").returncode == 1
    return place


def run(place: Path, *arguments: str | Path) -> Done:
    return earwitness("--store", place / "store", *arguments)


def listed(place: Path, **clips: str) -> Path:
    path = place / f"{'-'.join(clips)}.tsv"
    path.write_text("".join(f"{clip}\t{place / name}\n" for clip, name in clips.items()))
    return path


def found(done: Done) -> dict[str, dict[str, object]]:
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["name"]: line for line in lines if "name" in line} | {"": lines[-1]["hunt"]}


def unsealed(place: Path, name: str) -> tuple[str, ...]:
    """A request for the content of that name, and two approvals."""
    connection = reader.open_reader(place / "store")
    alert = next(row.id for row in reader.queue(connection) if row.name == name)
    connection.close()
    path = place / f"{name}.request"
    if not path.exists():
        done = run(place, "unseal", "request", f"A{alert}", "--reason", "r", "--hours", "1", "--out", path)
        assert done.returncode == 0, done.stderr
        for custodian in ("anna", "boris"):
            key = place / f"{custodian}.key"
            assert earwitness("unseal", "approve", path, "--key", key, "--yes").returncode == 0
    return "--unsealed", str(path), f"{path}.anna", f"{path}.boris"


def test_what_is_registered_since_is_found_in_what_is_stored(leaked: Path) -> None:
    done = run(leaked, "hunt", "--clips", listed(leaked, new="en-1.wav", locked="de-1.wav"), "--json")
    assert done.returncode == 1, done.stderr
    hunted = found(done)
    clips = {name: {match["clip"] for match in line["matches"]} for name, line in hunted.items() if name}
    assert clips == {"short.mp3": {"new"}, "both.ogg": {"new"}, "locked.zip": {"new", "locked"}}
    assert all(line["would_alert"] for name, line in hunted.items() if name)
    assert (hunted[""]["looked_at"], hunted[""]["would_have_alerted"]) == (3, 3)


@pytest.mark.slow
def test_what_was_not_stored_is_not_answered_and_found_once_it_is_unsealed(leaked: Path) -> None:
    clips = listed(leaked, other="en-2.wav")
    done = run(leaked, "hunt", "--clips", clips, "--json")
    assert (done.returncode, [name for name in found(done) if name]) == (0, [])
    assert sum(found(done)[""]["unanswered"].values()) == 3
    done = run(leaked, "hunt", "--clips", clips, *unsealed(leaked, "both.ogg"), "--json")
    assert done.returncode == 1
    assert [match["clip"] for match in found(done)["both.ogg"]["matches"]] == ["other"]
    assert sum(found(done)[""]["unanswered"].values()) == 2


def test_the_same_rules_and_register_find_nothing_new_and_the_hunt_is_noted(leaked: Path) -> None:
    before = noted(leaked, "hunt")
    assert run(leaked, "hunt").returncode == 0
    assert run(leaked, "hunt", "--rules", RULES, "--last", "1d").returncode == 0
    new = noted(leaked, "hunt")[len(before) :]
    assert len(new) == 2
    assert all("3 looked at and 0 listened to; 0 would have alerted" in detail for detail in new)
    assert "0 observations looked at" in run(leaked, "hunt", "--until", "2020-01-01").stderr
    assert run(leaked, "hunt", "--rules", leaked / "none").returncode == 8
    assert run(leaked, "hunt", "--last", "soon").returncode == 2


def test_what_was_clean_and_left_nothing_is_noted_as_not_answered(leaked: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    encoded(wav(say("en-1")), tmp_path / "out" / "clean.mp3")
    assert run(tmp_path, "scan", tmp_path / "out").returncode == 0
    done = run(tmp_path, "hunt", "--clips", listed(leaked, new="en-1.wav"))
    assert (done.returncode, done.stdout) == (0, "")
    assert "not answered for 1 object: clean then, and nothing is kept of them" in done.stderr
    assert noted(tmp_path, "hunt")[0].endswith("1 not answered: clean then, and nothing is kept of them")


def test_a_replay_from_content_is_identical_and_one_from_memory_says_what_it_cannot_tell(leaked: Path) -> None:
    whole = json.loads(run(leaked, "replay", "A1", *unsealed(leaked, name_of(leaked, 1)), "--json").stdout)
    assert whole["identical"] is True
    assert whole["other_versions"] == []
    for alert in (1, 2, 3):
        told = json.loads(run(leaked, "replay", f"A{alert}", "--json").stdout)
        kinds = [each["kind"] for each in told["findings"]]
        assert (told["differs"], told["identical"], kinds[0]) == (False, False, "same")
        assert "not answered" in kinds
    assert run(leaked, "replay", "A9").returncode == 8
    assert noted(leaked, "replay")[0] == "identical"


def test_a_replay_with_another_register_shows_the_difference(leaked: Path, tmp_path: Path) -> None:
    shutil.copytree(leaked / "store", tmp_path / "store")
    assert run(tmp_path, "unregister", "en-1").returncode == 0
    connection = reader.open_reader(tmp_path / "store")
    locked = next(row.id for row in reader.queue(connection) if row.name == "locked.zip")
    connection.close()
    done = run(tmp_path, "replay", f"A{locked}", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["other_versions"]) == (1, ["index"])
    assert ("gone", "registered-member en-1") in [(each["kind"], each["what"]) for each in told["findings"]]


def test_a_clip_registered_after_it_left_is_found_where_features_are_kept(leaked: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for name in ("en-1", "en-2", "de-1"):
        (tmp_path / f"{name}.wav").write_bytes(wav(say(name)))
        encoded(wav(say(name)), tmp_path / "out" / f"{name}.mp3")
    config = tmp_path / "config.toml"
    config.write_text("[keep]\nfeatures_days = 7\n")
    with_features = ("--store", tmp_path / "store", "--config", config)
    assert earwitness(*with_features, "register", tmp_path / "de-1.wav", "--programme", "p", "--recipient", "r") != 1
    assert earwitness(*with_features, "scan", tmp_path / "out").returncode == 1
    assert run(tmp_path, "search").stdout.count("ALERT") <= 1
    done = earwitness(*with_features, "hunt", "--clips", listed(tmp_path, later="en-1.wav"), "--json")
    assert done.returncode == 1, done.stderr
    hunted = found(done)
    assert [match["clip"] for match in hunted["en-1.mp3"]["matches"]] == ["later"]
    assert (hunted["en-1.mp3"]["would_alert"], hunted["en-1.mp3"]["observation"]) == (True, None)
    assert "en-2.mp3" not in hunted
    assert hunted[""]["listened_to"] == 2
    assert earwitness(*with_features, "retention", "run").returncode == 0
    assert earwitness(*with_features, "hunt", "--clips", tmp_path / "later.tsv").returncode == 1
    assert run(tmp_path, "retention", "run").returncode == 0
    assert run(tmp_path, "hunt", "--clips", tmp_path / "later.tsv").returncode == 0


def name_of(place: Path, alert: int) -> str:
    connection = reader.open_reader(place / "store")
    try:
        return next(row.name for row in reader.queue(connection) if row.id == alert)
    finally:
        connection.close()


def noted(place: Path, action: str) -> list[str]:
    connection = reader.open_reader(place / "store")
    try:
        assert custody.verify(connection) == []
        sql = "SELECT detail FROM acts WHERE action = ? ORDER BY id"
        return [row["detail"] for row in connection.execute(sql, [action])]
    finally:
        connection.close()
