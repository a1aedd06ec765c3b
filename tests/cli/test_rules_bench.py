"""`rules bench`: what a rule costs and how often it speaks of ordinary files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.invoking import Done, earwitness

RULE = """rule {name}
{{
    meta:
        id = "{id}"
        title = "t"
        status = "draft"
        version = 1
    strings:
        $a = {string}
    condition:
        {condition}
}}
"""

DEAR = "/ t[a-z]{1,3} [a-z]{1,20}#/"
ENDLESS = "for all i in (1..filesize) : (for all j in (0..filesize - 1) : (uint8(j) != 200))"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A corpus of fifty letters, three of which hold the word `sugar`, and a pack of a cheap and a dear rule."""
    (tmp_path / "corpus").mkdir()
    for number in range(50):
        words = f"Letter {number} about the river and the bridges of town. " * 400
        (tmp_path / "corpus" / f"{number:02d}.txt").write_text(words + ("sugar" if number % 20 == 3 else ""))
    pack(tmp_path)
    return tmp_path


def pack(place: Path, *, dear: str = DEAR, cheap: str = '"sugar"', condition: str = "$a") -> None:
    folder = place / "pack"
    (folder / "yara").mkdir(parents=True, exist_ok=True)
    (folder / "pack.toml").write_text('id = "ours"\nversion = "1"\ntimeout_s = 1\n')
    rules = [
        RULE.format(name="cheap", id="OUR-CHEAP", string=cheap, condition="$a"),
        RULE.format(name="dear", id="OUR-DEAR", string=dear, condition=condition),
    ]
    (folder / "yara/all.yar").write_text("\n".join(rules))


def run(place: Path, *arguments: str | Path) -> Done:
    corpus = ("--corpus", place / "corpus", "--json")
    return earwitness("--store", place / "store", "rules", "bench", place / "pack", *corpus, *arguments)


def figures(done: Done) -> tuple[dict[str, dict[str, Any]], dict[str, Any], list[dict[str, Any]]]:
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    rules = {line["rule"]: line for line in lines if "rule" in line}
    return rules, lines[-1]["bench"], [line for line in lines if "change" in line]


def test_a_dear_rule_and_a_noisy_one_are_told_with_their_bound(place: Path) -> None:
    done = run(place)
    rules, whole, _ = figures(done)
    assert done.returncode == 0
    assert rules["OUR-DEAR"]["ratio"] > 3 * rules["OUR-CHEAP"]["ratio"]
    assert (whole["files"], whole["any_hits"], rules["OUR-CHEAP"]["hits"], rules["OUR-DEAR"]["hits"]) == (50, 3, 3, 0)
    assert rules["OUR-CHEAP"]["at_most"] == pytest.approx(0.1622, abs=1e-3)
    assert rules["OUR-DEAR"]["at_most"] == pytest.approx(0.0713, abs=1e-3)
    assert rules["OUR-CHEAP"]["files"][0].endswith("03.txt")
    people = earwitness("--store", place / "store", "rules", "bench", place / "pack", "--corpus", place / "corpus")
    assert "03.txt" in people.stdout
    assert people.stdout.index("OUR-DEAR") < people.stdout.index("OUR-CHEAP")


@pytest.mark.slow
def test_what_got_worse_since_is_told(place: Path) -> None:
    nowhere = run(place, "--save", place / "none" / "figures.json")
    assert nowhere.returncode == 8
    assert "no such folder" in nowhere.stderr
    saved = place / "figures.json"
    assert run(place, "--save", saved).returncode == 0
    assert "03.txt" not in saved.read_text()
    assert [
        line for line in figures(run(place, "--against", saved))[2] if line["worse"] and "matches" in line["what"]
    ] == []
    pack(place, dear='"a fixed text"', cheap='"bridges"')
    done = run(place, "--against", saved)
    changes = {(line["change"], line["worse"]): line["what"] for line in figures(done)[2]}
    assert done.returncode == 1
    assert changes["OUR-CHEAP", True] == "matches 50 files, 3 before"
    assert "of the reference" in changes["OUR-DEAR", False]


@pytest.mark.slow
def test_a_rule_that_does_not_end_is_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forensics.rulebook.costs.LONGEST_S", 1)
    pack(place, condition=f"$a or {ENDLESS}")
    rules, _, _ = figures(run(place, "--most", "2"))
    assert "not finished after 1 s" in rules["OUR-DEAR"]["problem"]
    assert rules["OUR-CHEAP"]["problem"] == ""


def test_no_corpus_and_figures_that_are_none(place: Path) -> None:
    (place / "empty").mkdir()
    done = earwitness("--store", place / "store", "rules", "bench", place / "pack", "--corpus", place / "empty")
    assert (done.returncode, "no files" in done.stderr) == (8, True)
    (place / "broken.json").write_text("{")
    done = run(place, "--against", place / "broken.json")
    assert (done.returncode, "no figures" in done.stderr) == (8, True)
