"""`--passwords`: what a list of one case opens, and that its words stay nowhere."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from forensics.cli.passwords import read_passwords
from forensics.errors import InputError
from forensics.resources import samples_folder
from tests.cli.test_reference import entries
from tests.cli.test_scan import earwitness
from tests.cli.watching import Watching, watching_folder

SAMPLES = samples_folder()
WORD = "secret"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("case") / "store"
    package = str(SAMPLES / "packages/AC-0317")
    earwitness(folder, "register", package, "--programme", "assistant-command", "--recipient", "r", "--json")
    return folder


def test_a_list_opens_what_was_only_named_before_and_no_word_is_kept(store: Path, tmp_path: Path) -> None:
    words = tmp_path / "words"
    words.write_text(f"another\n{WORD}\n")
    locked = str(shutil.copy(SAMPLES / "locked/hit.zip", tmp_path / "holiday.zip"))
    _, (named,), _ = earwitness(store, "scan", "--json", locked)
    assert [match["rule"] for match in named["matches"]] == ["registered-member"]
    code, lines, said = earwitness(store, "scan", "--json", locked, "--passwords", str(words))
    (clip,) = [line for line in lines if "password" in line]
    assert (code, clip["password"]) == (1, "2")
    assert "registered-digest" in [match["rule"] for match in clip["matches"]]
    assert clip["alert"]["incident"] == named["alert"]["incident"]
    assert clip["alert"]["id"] != named["alert"]["id"]
    assert ("passwords tried", "2 passwords") in entries(store)
    _, again, _ = earwitness(store, "scan", "--json", locked, "--passwords", str(words))
    assert [line["alert"] for line in again] == [line["alert"] for line in lines]
    assert WORD not in said
    assert not [path for path in store.rglob("*") if path.is_file() and WORD.encode() in path.read_bytes()]


def told(monitor: Watching) -> list[dict[str, Any]]:
    return monitor.wait_for(lambda lines: [line for line in lines if line.get("alert")])


def test_a_monitor_with_a_list_opens_what_an_earlier_one_could_only_name(store: Path, tmp_path: Path) -> None:
    words, watched = tmp_path / "words", tmp_path / "watched"
    words.write_text(f"another\n{WORD}\n")
    watched.mkdir()
    shutil.copy(SAMPLES / "locked/hit.zip", watched / "holiday.zip")
    with watching_folder(store, tmp_path, watched) as monitor:
        (named,) = told(monitor)
        assert monitor.stop() == 1
    assert [match["rule"] for match in named["matches"]] == ["registered-member"]
    with watching_folder(store, tmp_path, watched, "--passwords", words) as monitor:
        alerts = told(monitor)
        called = monitor.called()
        assert monitor.stop() == 1
    (clip,) = [line for line in alerts if "password" in line]
    assert clip["password"] == "2"
    assert "registered-digest" in [match["rule"] for match in clip["matches"]]
    assert clip["alert"]["incident"] == named["alert"]["incident"]
    assert clip["alert"]["id"] != named["alert"]["id"]
    assert ("passwords tried", "2 passwords") in entries(store)
    kept = [path.read_bytes() for path in (*store.rglob("*"), *tmp_path.glob("*.jsonl")) if path.is_file()]
    assert len(called) >= 2
    assert not [data for data in (*called, *kept) if WORD.encode() in data]


def test_identify_takes_a_list_too(store: Path, tmp_path: Path) -> None:
    words = tmp_path / "words"
    words.write_text(WORD)
    code, (answer,), _ = earwitness(
        store, "identify", "--json", str(SAMPLES / "locked/aes.zip"), "--passwords", str(words)
    )
    assert (code, answer["outcome"]) == (1, "matched")


def test_lists_as_people_save_them(tmp_path: Path) -> None:
    words = tmp_path / "words"
    words.write_bytes("\ufeffone\r\n\r\n two words \r\n".encode())
    assert read_passwords(words) == ("one", "", " two words ")
    words.write_bytes(b"geheim\xff\n")
    with pytest.raises(InputError) as error:
        read_passwords(words)
    assert "geheim" not in str(error.value)
    with pytest.raises(InputError):
        read_passwords(tmp_path / "missing")
