"""`rules backtest`: what a pack would have come to over the evidence that is stored."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from forensics.resources import samples_folder
from forensics.store import reader
from tests.cli.invoking import Done, earwitness

SAMPLES = samples_folder() / "rules"
RULE = """rule {name}
{{
    meta:
        id = "{id}"
        title = "Candidates"
        description = "Every file with that word."
        severity = "{severity}"
        category = "package"
        technique = "T1213"
        author = "t"
        created = "2026-11-23"
        version = 1
        status = "draft"
        scope = "raw"
    strings:
        $word = "{word}"
    condition:
        $word
}}
"""


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with a store that holds two alerts, of which one is closed, and a sighting that was none."""
    place = tmp_path_factory.mktemp("backtest")
    (place / "out").mkdir()
    shutil.copyfile(SAMPLES / "EW-PKG-TRANSLATOR-JSON/hit/manifest.json", place / "out/manifest.json")
    shutil.copyfile(next((SAMPLES / "EW-EVA-AUDIO-AFTER-JPEG/hit").iterdir()), place / "out/holiday.jpg")
    shutil.copyfile(SAMPLES / "EW-PKG-CLIP-TABLE/hit/train.jsonl", place / "out/train.jsonl")
    assert run(place, "scan", place / "out").returncode == 1
    connection = reader.open_reader(place / "store")
    (alert,) = (row.id for row in reader.queue(connection) if row.name == "manifest.json")
    connection.close()
    assert run(place, "incident", "close", f"A{alert}", "--reason", "rule too broad").returncode == 0
    return place


def run(place: Path, *arguments: str | Path) -> Done:
    return earwitness("--store", place / "store", *arguments)


def pack(place: Path, *, word: str, severity: str = "high", id: str = "OUR-WORD") -> Path:
    folder = place / f"pack-{id}-{severity}-{len(word)}"
    (folder / "yara").mkdir(parents=True, exist_ok=True)
    (folder / "pack.toml").write_text('id = "ours"\nversion = "1"\n')
    text = RULE.format(name="word", id=id, severity=severity, word=word)
    (folder / "yara/word.yar").write_text(text)
    return folder


def table(done: Done) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["rule"]: line for line in lines if "rule" in line}, lines[-1]["backtest"]


def test_a_draft_is_counted_by_what_it_adds(scanned: Path) -> None:
    done = run(scanned, "rules", "backtest", pack(scanned, word="audio"), "--json")
    rules, totals = table(done)
    assert done.returncode == 1
    found = rules["OUR-WORD"]
    assert (found["matched"], found["alerts"], found["new"], found["as_then"]) == (2, 2, 1, 0)
    assert found["closed"] == {"rule too broad": 1}
    assert found["status"] == "draft"
    assert (totals["looked_at"], totals["opened"], totals["new"], totals["unanswered"]) == (3, 3, 1, {})
    named = run(scanned, "rules", "backtest", pack(scanned, word="audio"), "--each")
    assert "train.jsonl" in named.stdout
    assert "manifest.json" not in named.stdout
    assert "1 closed as rule too broad" in named.stdout
    assert "3 opened (3 where they lay)" in named.stderr


def test_what_the_policy_does_not_alert_on_is_a_match_alone(scanned: Path) -> None:
    done = run(scanned, "rules", "backtest", pack(scanned, word="audio", severity="info"), "--json")
    rules, _ = table(done)
    assert (done.returncode, rules["OUR-WORD"]["matched"], rules["OUR-WORD"]["alerts"]) == (0, 2, 0)


def test_the_shipped_pack_comes_to_the_same_as_then_and_a_narrower_one_to_less(scanned: Path) -> None:
    rules, totals = table(run(scanned, "rules", "backtest", "--json"))
    assert all(each["matched"] == each["as_then"] and not each["no_more"] for each in rules.values())
    assert (totals["alerts"], totals["new"]) == (2, 0)
    narrower = pack(scanned, word="not in there", id="EW-PKG-TRANSLATOR-JSON")
    done = run(scanned, "rules", "backtest", narrower)
    assert done.returncode == 0
    assert [line.split() for line in done.stdout.splitlines()][1][:5] == ["0", "0", "0", "0", "1"]


def test_what_is_gone_is_not_answered_until_a_copy_of_it_is_shown(scanned: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    shutil.copytree(scanned / "store", place / "store")
    shutil.copytree(scanned / "out", place / "copies")
    for path in (scanned / "out").iterdir():
        path.rename(tmp_path / path.name)
    try:
        ours = pack(tmp_path, word="audio")
        rules, totals = table(run(place, "rules", "backtest", ours, "--json"))
        assert (rules["OUR-WORD"]["matched"], totals["opened"]) == (0, 0)
        assert totals["unanswered"] == {"its content was not kept": 3}
        rules, totals = table(run(place, "rules", "backtest", ours, "--content", place / "copies", "--json"))
        assert (rules["OUR-WORD"]["matched"], totals["opened"], totals["unanswered"]) == (2, 3, {})
        rules, _ = table(run(place, "rules", "backtest", "--json"))
        assert rules["EW-PKG-TRANSLATOR-JSON"]["not_asked"] == 1
    finally:
        for path in (place / "copies").iterdir():
            (tmp_path / path.name).rename(scanned / "out" / path.name)
    connection = reader.open_reader(place / "store")
    noted = [
        row["detail"] for row in connection.execute("SELECT detail FROM acts WHERE action = 'backtest' ORDER BY id")
    ]
    connection.close()
    assert "3 looked at, 3 opened (3 from copies or unsealed)" in noted[-2]


def test_a_span_without_evidence_and_a_pack_that_is_none(scanned: Path) -> None:
    done = run(scanned, "rules", "backtest", "--until", "2020-01-01")
    assert done.returncode == 0
    assert "0 observations looked at" in done.stderr
    assert run(scanned, "rules", "backtest", scanned / "none").returncode == 5
