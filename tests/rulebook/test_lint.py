from pathlib import Path

from forensics.resources import rules_folder, samples_folder
from forensics.rulebook.lint import lint

GOOD = """rule one
{
    meta:
        id = "T-ONE"
        title = "One"
        description = "Because."
        severity = "low"
        category = "test"
        author = "A team"
        created = "2026-11-22"
        version = 1
        status = "active"
    strings:
        $a = "marker"
    condition:
        $a
}
"""


def write(folder: Path, text: str) -> Path:
    (folder / "yara").mkdir(parents=True, exist_ok=True)
    (folder / "pack.toml").write_text('id = "t"\n')
    (folder / "yara" / "rules.yar").write_text(text)
    for kind in ("hit", "miss"):
        (folder / "samples" / "T-ONE" / kind).mkdir(parents=True, exist_ok=True)
    return folder


def codes(folder: Path) -> list[str]:
    return [finding.code for finding in lint([folder], [])]


def test_the_shipped_pack_has_nothing_to_mend() -> None:
    assert lint([rules_folder() / "starter"], [samples_folder() / "rules"]) == []


def test_a_good_rule_has_nothing_to_mend(tmp_path: Path) -> None:
    assert lint([write(tmp_path, GOOD)], []) == []


def test_each_fault_has_its_code(tmp_path: Path) -> None:
    faults = {
        "R002": ('        title = "One"\n', ""),
        "R003": ('severity = "low"', 'severity = "urgent"'),
        "R004": ('status = "active"', 'status = "live"'),
        "R005": ('status = "active"', 'status = "active"\n        scope = "everything"'),
        "R006": ('title = "One"', 'title = "One"\n        technique = "exfil"'),
        "R007": ("2026-11-22", "last week"),
        "R008": ("version = 1", "version = 0"),
        "R010": ('title = "One"', f'title = "{"long " * 30}"'),
        "R011": ('        description = "Because."\n', ""),
        "Y100": ('$a = "marker"', "$a = /a.*b/"),
        "R000": ("        $a\n}", "        $nothing\n}"),
    }
    for code, (before, after) in faults.items():
        assert before in GOOD
        assert code in codes(write(tmp_path, GOOD.replace(before, after))), code


def test_a_rule_without_samples_and_an_odd_id_are_told(tmp_path: Path) -> None:
    found = codes(write(tmp_path, GOOD.replace("T-ONE", "my rule")))
    assert found == ["R009", "R020", "R021"]


def test_an_id_taken_twice_names_both_places(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (tmp_path / "yara" / "second.yar").write_text(GOOD)
    (finding,) = lint([tmp_path], [])
    assert (finding.code, finding.path.name, finding.line) == ("R001", "second.yar", 1)
    assert "rules.yar:1" in finding.message


def test_a_broken_file_does_not_hide_the_others(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace('        title = "One"\n', ""))
    (tmp_path / "yara" / "broken.yar").write_text("rule {\n")
    (tmp_path / "pack.toml").write_text("id = \n")
    found = {(finding.path.name, finding.line, finding.code) for finding in lint([tmp_path], [])}
    assert found == {("pack.toml", 1, "R000"), ("broken.yar", 1, "R000"), ("rules.yar", 1, "R002")}


def test_rules_without_a_manifest_and_places_without_rules_are_told(tmp_path: Path) -> None:
    (tmp_path / "loose.yar").write_text(GOOD)
    assert "P001" in codes(tmp_path)
    assert codes(tmp_path / "nowhere") == ["R000"]


def test_a_missing_pack_has_no_line(tmp_path: Path) -> None:
    place = tmp_path / "nowhere"
    (finding,) = lint([place], [])
    assert (finding.path, finding.line, finding.message) == (place, 0, "no such rule pack")
    assert str(finding).startswith(f"{place}: R000 error: no such rule pack; ")
