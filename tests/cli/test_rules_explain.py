"""`rules explain` as its users run it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from forensics.resources import samples_folder
from tests.cli.invoking import earwitness

PICTURES = samples_folder() / "rules/EW-EVA-AUDIO-AFTER-JPEG"


def test_a_miss_names_what_would_have_to_be_otherwise(tmp_path: Path) -> None:
    shot = PICTURES / "miss/motion.jpg"
    done = earwitness("--store", tmp_path, "rules", "explain", shot, "EW-EVA-AUDIO-AFTER-JPEG")
    assert done.returncode == 1
    assert "fails: not $moving" in done.stdout
    assert "+ uint16be(0) == 0xFFD8   [65496]" in done.stdout
    assert "$media once at 593: ff d9" in done.stdout


def test_a_match_is_shown_with_its_bytes_and_without_a_rule_too(tmp_path: Path) -> None:
    (hit, *_) = sorted((PICTURES / "hit").iterdir())
    done = earwitness("--store", tmp_path, "rules", "explain", hit)
    assert done.returncode == 0
    assert "EW-EVA-AUDIO-AFTER-JPEG  MATCH" in done.stdout


def test_json_has_the_whole_tree(tmp_path: Path) -> None:
    shot = PICTURES / "miss/motion.jpg"
    done = earwitness("--store", tmp_path, "rules", "explain", shot, "EW-EVA-AUDIO-AFTER-JPEG", "--json")
    first = json.loads(done.stdout.splitlines()[0])
    (rule,) = first["rules"]
    assert rule["match"] is False
    assert rule["failing"][0]["text"] == "not $moving"
    assert rule["tree"]["children"][0]["sides"] == ["65496"]


def test_a_hostile_name_and_unknown_rules(tmp_path: Path) -> None:
    place = tmp_path / "a\x1b[31m.jpg"
    shutil.copyfile(PICTURES / "miss/sea.jpg", place)
    done = earwitness("--store", tmp_path / "s", "rules", "explain", place, "EW-EVA-AUDIO-AFTER-JPEG")
    assert b"\x1b" not in done.output
    unknown = earwitness("--store", tmp_path / "s", "rules", "explain", place, "AUDIO-AFTER")
    assert "did you mean EW-EVA-AUDIO-AFTER-JPEG" in unknown.stderr
    assert unknown.returncode == 8
    nothing = earwitness("--store", tmp_path / "s", "rules", "explain", tmp_path / "none")
    assert "no such file" in nothing.stderr


def test_evidence_is_explained_from_where_it_still_lies(tmp_path: Path) -> None:
    copy = tmp_path / "our holiday.jpg"
    (hit, *_) = sorted((PICTURES / "hit").iterdir())
    shutil.copyfile(hit, copy)
    store = tmp_path / "s"
    assert earwitness("--store", store, "scan", copy).returncode == 1
    done = earwitness("--store", store, "rules", "explain", "A1", "EW-EVA-AUDIO-AFTER-JPEG")
    assert done.returncode == 0
    assert "MATCH" in done.stdout
    copy.write_bytes(b"other")
    gone = earwitness("--store", store, "rules", "explain", "A1")
    assert "no longer lies where it was seen" in gone.stderr


def test_the_register_says_what_is_nearest(tmp_path: Path) -> None:
    package = samples_folder() / "packages/TR-2041"
    earwitness("--store", tmp_path, "register", package, "--programme", "translator", "--recipient", "r")
    note = tmp_path / "note.txt"
    note.write_text("so he said that the doctor finally called, and the results are fine.")
    done = earwitness("--store", tmp_path, "rules", "explain", note)
    assert "below threshold: registered-text TR-2041-c01" in done.stdout
