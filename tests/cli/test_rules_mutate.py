"""`rules mutate` over packs that are lost in known ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from forensics.cli.context import Session
from forensics.cli.rules.group import rules
from forensics.config import Config

RULES = """
rule word { meta: id = "T-WORD" title = "w" severity = "high" strings: $a = "marker" condition: $a }
rule name { meta: id = "T-NAME" title = "n" severity = "high" condition: filename == "secret.txt" }
rule both { meta: id = "T-BOTH" title = "b" severity = "low" strings: $a = "marker" nocase condition: $a }
"""
TEXT = "The marker of the harbour master is kept in the second drawer of the desk.\n" * 4


def call(folder: Path, *arguments: str) -> Result:
    session = Session(config=Config(), store=folder / "store")
    return CliRunner().invoke(rules, ["mutate", *arguments], obj=session, standalone_mode=False)


def write(folder: Path, samples: dict[str, str]) -> Path:
    folder.mkdir()
    (folder / "pack.toml").write_text('id = "t"\n')
    (folder / "rules.yar").write_text(RULES)
    for name, text in samples.items():
        path = folder / "samples" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def records(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_rule_is_lost_to_what_it_asks_for(tmp_path: Path) -> None:
    pack = write(
        tmp_path / "p",
        {
            "T-WORD/hit/a.txt": TEXT,
            "T-NAME/hit/secret.txt": TEXT.replace("marker", "ledger"),
            "T-BOTH/hit/a.txt": TEXT,
            "T-WORD/miss/b.txt": TEXT.replace("marker", "market"),
        },
    )
    steps = [option for name in ("rename", "upper", "zip", "crop:first") for option in ("--with", name)]
    result = call(tmp_path, str(pack), "--json", *steps)
    found = {record["rule"]: record for record in records(result) if "rule" in record}
    assert found["T-WORD"]["cheapest"] == {"steps": ["upper"], "cost": 2, "case": "T-WORD/hit/a.txt", "others": []}
    assert found["T-NAME"]["cheapest"]["steps"] == ["rename"]
    assert found["T-BOTH"]["weakest"] is None
    assert found["T-WORD"]["mutations"]["crop:first"]["left_out"] == 1
    assert found["T-WORD"]["mutations"]["zip"]["found"] == 1
    matrix = {record["mutation"]: record for record in records(result) if "mutation" in record}
    assert (matrix["upper"]["applied"], matrix["upper"]["found"]) == (3, 2)
    summary = records(result)[-1]["summary"]
    assert (summary["rules"], summary["applied"], summary["found"], summary["left_out"]) == (3, 9, 7, 3)
    assert summary["near_misses"] == {"tried": 3, "found": 0, "left_out": 1}
    assert result.return_value == 0


def test_rules_that_withstand_single_changes_are_tried_with_two(tmp_path: Path) -> None:
    rule = 'rule a { meta: id = "T-A" strings: $a = "marker" $b = "MARKER" condition: $a or $b }'
    pack = write(tmp_path / "p", {"T-A/hit/a.txt": TEXT})
    (pack / "rules.yar").write_text(rule)
    result = call(tmp_path, str(pack), "--json", "--with", "upper", "--with", "base64", "--with", "charset:utf-16")
    (found,) = [record for record in records(result) if "rule" in record]
    assert found["cheapest"] is not None
    (withstood,) = [
        record
        for record in records(call(tmp_path, str(pack), "--json", "--with", "upper", "--with", "zip"))
        if "rule" in record
    ]
    assert (withstood["applied"], withstood["found"], withstood["cheapest"]) == (2, 2, None)


def test_near_misses_that_become_hits_are_told_unless_exempt(tmp_path: Path) -> None:
    pack = write(tmp_path / "p", {"T-NAME/miss/secret.doc": TEXT, "T-NAME/hit/secret.txt": TEXT})
    result = call(tmp_path, str(pack), "--rule", "T-NAME", "--with", "ending:txt")
    assert "FOUND T-NAME/miss/secret.doc after ending:txt, a near miss" in result.stdout
    assert result.return_value == 1
    (pack / "tests/T-NAME").mkdir(parents=True)
    (pack / "tests/T-NAME/m.toml").write_text('exempt = ["name"]\n')
    result = call(tmp_path, str(pack), "--rule", "T-NAME", "--with", "ending:txt", "--with", "zip")
    assert "near misses 1: 0 found; left out 0, exempt 2" in result.stdout
    assert result.return_value == 0
    (pack / "tests/T-NAME/m.toml").write_text('\nexempt = ["melting"]\n')
    said = CliRunner().invoke(
        rules, ["test", str(pack)], obj=Session(config=Config(), store=tmp_path), standalone_mode=False
    )
    assert "tests/T-NAME/m.toml:2: exempt: no mutation or family 'melting'; there are 7z, archive" in said.stdout
    assert said.return_value == 1


def test_a_floor_may_be_asked_for(tmp_path: Path) -> None:
    pack = write(tmp_path / "p", {"T-WORD/hit/a.txt": TEXT})
    steps = ("--rule", "T-WORD", "--with", "upper", "--with", "zip")
    assert call(tmp_path, str(pack), *steps, "--least", "50").return_value == 0
    low = call(tmp_path, str(pack), *steps, "--least", "51")
    assert low.return_value == 1
    assert "T-WORD" in low.stdout
    assert "1 of 2   50%" in low.stdout


def test_a_sample_that_fails_unchanged_is_not_changed(tmp_path: Path) -> None:
    pack = write(tmp_path / "p", {"T-WORD/hit/a.txt": "nothing"})
    result = call(tmp_path, str(pack), "--rule", "T-WORD", "--with", "zip")
    assert "rules 0 (without a sample: 1), changed samples 0" in result.stdout


def test_an_unknown_mutation_is_named(tmp_path: Path) -> None:
    pack = write(tmp_path / "p", {})
    assert "no mutation 'melt'" in str(call(tmp_path, str(pack), "--with", "melt").exception)
