import json
from collections import Counter
from pathlib import Path

from click.testing import CliRunner, Result

from forensics.cli.context import Session
from forensics.cli.rules.group import rules
from forensics.config import Config
from forensics.errors import RuleError
from forensics.resources import rules_folder, samples_folder
from forensics.rulebook.book import Rulebook
from forensics.rulebook.trial import HIT, MISS, find_cases

RULE = 'rule one { meta: id = "T-ONE" strings: $a = "marker" condition: $a }\n'


def call(tmp_path: Path, *arguments: str) -> Result:
    session = Session(config=Config(), store=tmp_path / "store")
    return CliRunner().invoke(rules, arguments, obj=session, standalone_mode=False)


def write(folder: Path, *, hit: bytes) -> Path:
    (folder / "samples/T-ONE/hit").mkdir(parents=True)
    (folder / "samples/T-ONE/hit/a\x1b[31m.txt").write_bytes(hit)
    (folder / "pack.toml").write_text('id = "t"\n')
    (folder / "rules.yar").write_text(RULE)
    return folder


def test_every_sample_of_the_shipped_pack_agrees(tmp_path: Path) -> None:
    result = call(tmp_path, "test", "--json")
    *cases, last = [json.loads(line) for line in result.stdout.splitlines()]
    assert [case for case in cases if not case["passed"]] == []
    summary = last["summary"]
    assert (summary["failed"], summary["without_hit"], summary["without_miss"]) == (0, [], [])
    assert summary["cases"] == summary["passed"] + summary["todo"] == len(cases)
    assert summary["xpass"] == 0
    assert result.return_value == 0


def test_a_deprecated_rule_is_listed_with_its_heir_and_its_end(tmp_path: Path) -> None:
    pack = write(tmp_path / "p", hit=b"a marker")
    said = 'id = "T-ONE" status = "deprecated" replaced_by = "T-TWO" sunset = "2027-06-30"'
    (pack / "rules.yar").write_text(RULE.replace('id = "T-ONE"', said))
    assert "(deprecated, replaced by T-TWO, until 2027-06-30)" in call(tmp_path, "list", str(pack)).stdout
    (record,) = map(json.loads, call(tmp_path, "list", str(pack), "--json").stdout.splitlines())
    assert (record["replaced_by"], record["sunset"]) == ("T-TWO", "2027-06-30")


def test_a_failing_sample_exits_1_and_its_name_is_made_harmless(tmp_path: Path) -> None:
    result = call(tmp_path, "test", str(write(tmp_path / "p", hit=b"a market")))
    assert result.return_value == 1
    assert result.stdout.startswith("FAIL T-ONE/hit/a")
    assert "\x1b" not in result.stdout
    assert "rules 1, cases 1: 0 passed, 1 failed; without a hit: 0; without a near miss: 1" in result.stdout


def test_what_failed_is_explained_and_written_for_ci(tmp_path: Path) -> None:
    pack = write(tmp_path / "p", hit=b"a MARKER")
    (pack / "tests/T-ONE").mkdir(parents=True)
    (pack / "tests/T-ONE/a.toml").write_text(
        '[[case]]\nname = "zip"\ninput = { text = "a marker", wrap = "zip" }\nexpect = "match"\n'
        '[[case]]\nname = "alarm"\ninput = { text = "a marker" }\nexpect = "none"\n[[case]]\n'
    )
    result = call(tmp_path, "test", str(pack), "--junit", str(tmp_path / "j.xml"), "--jobs", "2")
    lines = result.stdout.splitlines()
    assert lines[0].endswith("fails in a<001B>[31m.txt: $a ($a occurs in other upper and lower case, at 2)")
    assert lines[1] == "pass T-ONE/hit/a/zip: found in case.txt.zip/case.txt ($a at 2)"
    assert lines[2] == f"FAIL T-ONE/miss/a/alarm ({pack}/tests/T-ONE/a.toml:5): found in case.txt ($a at 2)"
    assert lines[3].startswith(f"bad T-ONE/a.toml:9: {pack}/tests/T-ONE/a.toml:9: Object missing required field")
    assert lines[4] == "rules 1, cases 4: 1 passed, 2 failed, 1 bad; without a hit: 0; without a near miss: 0"
    assert result.return_value == 1
    assert 'tests="4" failures="2" errors="1"' in (tmp_path / "j.xml").read_text()


def test_one_rule_alone(tmp_path: Path) -> None:
    result = call(tmp_path, "test", "--rule", "EW-PKG-CANDIDATES", "--json")
    *cases, last = [json.loads(line) for line in result.stdout.splitlines()]
    assert {case["rule"] for case in cases} == {"EW-PKG-CANDIDATES"}
    assert all(case["found"]["path"] and case["found"]["strings"] for case in cases if case["expect"] == "hit")
    assert last["summary"]["rules"] == 1
    unknown = call(tmp_path, "test", "--rule", "ew-pkg-cand")
    assert str(unknown.exception) == "no rule ew-pkg-cand; did you mean EW-PKG-CANDIDATES"


def test_engines_that_cannot_be_had_are_said(tmp_path: Path) -> None:
    pack = write(tmp_path / "p", hit=b"a marker")
    result = call(tmp_path, "test", str(pack), "--engines")
    for name in ("yara-x", "boreal"):
        missing = f"engine {name} cannot be had: the module"
        agrees = f"engine {name} agrees; 2 scans compared with yara-python"
        assert missing in result.stdout or agrees in result.stdout
    assert result.return_value == 0


def test_a_rule_that_does_not_end_passes_nothing(tmp_path: Path) -> None:
    pack = tmp_path / "p"
    (pack / "samples/T-ONE/miss").mkdir(parents=True)
    (pack / "samples/T-ONE/miss/a.txt").write_bytes(b"a" * 200_000)
    (pack / "pack.toml").write_text('id = "t"\ntimeout_s = 1\n')
    condition = "for all i in (1..90000) : (for all j in (1..90000) : (uint8(i) != 7 and uint8(j) != 9))"
    (pack / "rules.yar").write_text(f'rule one {{ meta: id = "T-ONE" condition: {condition} and false }}\n')
    result = call(tmp_path, "test", str(pack))
    assert result.stdout.splitlines()[0].startswith("FAIL T-ONE/miss/a.txt: not all was looked at: rules not finished")
    (pack / "samples/T-ONE/miss").rename(pack / "samples/T-ONE/hit")
    result = call(tmp_path, "test", str(pack))
    said = "FAIL T-ONE/hit/a.txt: not all was looked at: rules not finished after 1 s: T-ONE"
    assert result.stdout.splitlines()[0] == said
    assert result.return_value == 1


def test_lint_tells_findings_and_exits_1(tmp_path: Path) -> None:
    pack = write(tmp_path / "p", hit=b"a marker")
    result = call(tmp_path, "lint", str(pack))
    assert result.return_value == 1
    assert f"{pack}/rules.yar:1:1: R002 error: T-ONE does not say its title" in result.stdout
    assert call(tmp_path, "lint").return_value == 0


def write_baseline(tmp_path: Path) -> str:
    place = str(tmp_path / "lint.txt")
    assert call(tmp_path, "lint", "--baseline", place, "--write-baseline").return_value == 0
    return place


def test_counts_have_their_number(tmp_path: Path) -> None:
    pack = write(tmp_path / "p", hit=b"a marker")
    assert "1 rule in 1 pack, version" in call(tmp_path, "list", str(pack)).stderr
    assert call(tmp_path, "lint", str(tmp_path / "nowhere")).stderr == "1 finding\n"
    assert call(tmp_path, "lint", "--baseline", write_baseline(tmp_path)).stderr.startswith("0 findings, ")


def test_a_missing_pack_has_no_line(tmp_path: Path) -> None:
    place = tmp_path / "nowhere"
    assert str(call(tmp_path, "test", str(place)).exception) == f"{place}: no such rule pack"
    (found,) = [json.loads(line) for line in call(tmp_path, "lint", "--json", str(place)).stdout.splitlines()]
    assert (found["file"], found["line"]) == (str(place), None)


def test_lint_mends_what_decides_nothing(tmp_path: Path) -> None:
    pack = write(tmp_path / "p", hit=b"a marker")
    meta = 'meta:\n    title = "x"\n    id = "T-ONE"\n'
    (pack / "rules.yar").write_text(f'rule one {{\n  {meta}  strings: $a = "a marker"\n  condition: $a\n}}\n')
    result = call(tmp_path, "lint", "--fix", "--json", str(pack))
    assert "created, version, status added; one: meta put in order" in result.stderr
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert "does not say its severity, category, author" in found[0]["message"]
    assert (found[0]["line"], found[0]["column"], found[0]["rule"]) == (1, 1, "T-ONE")


def test_list_names_every_rule(tmp_path: Path) -> None:
    result = call(tmp_path, "list", "--json")
    found = {record["id"]: record for record in map(json.loads, result.stdout.splitlines())}
    assert found["EW-ID-IMEI"]["kind"] == "identifier"
    assert all(record["title"] and record["technique"] for record in found.values())
    assert "EW-PKG-CANDIDATES" in call(tmp_path, "list").stdout


def test_a_syntax_error_names_file_and_line(tmp_path: Path) -> None:
    pack = write(tmp_path / "p", hit=b"")
    (pack / "rules.yar").write_text("rule one {\n condition: nonsense\n}\n")
    result = call(tmp_path, "test", str(pack))
    assert isinstance(result.exception, RuleError)
    assert str(result.exception).startswith(f"{pack}/rules.yar:2: ")


def test_every_shipped_rule_has_two_hits_and_two_near_misses() -> None:
    book = Rulebook.load([rules_folder() / "starter"])
    cases = Counter((case.rule, case.expect) for case in find_cases(book, [samples_folder() / "rules"]))
    lacking = [(rule.id, expect) for rule in book.rules for expect in (HIT, MISS) if cases[rule.id, expect] < 2]
    assert lacking == []
    assert len(book.rules) >= 50
