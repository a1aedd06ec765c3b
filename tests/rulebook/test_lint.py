"""Each fault in a pack has its code, its place and its mend; what is sound has none; hostile files end nothing."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.resources import rules_folder, samples_folder
from forensics.rulebook.checks import LEVELS, Finding
from forensics.rulebook.compiling import inspect
from forensics.rulebook.lint import checks, lint
from forensics.rulebook.lint_apart import lint_apart
from forensics.rulebook.lint_baseline import compare, write_baseline
from forensics.rulebook.lint_mending import mend_file, mended
from forensics.rulebook.lint_table import table

README = Path(__file__).resolve().parents[2] / "rules" / "README.md"
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
META = GOOD[GOOD.index("    meta:") : GOOD.index("    strings:")]


def write(folder: Path, text: str, *, samples: int = 2) -> Path:
    (folder / "yara").mkdir(parents=True, exist_ok=True)
    (folder / "pack.toml").write_text(f'id = "t-{folder.name}"\n')
    (folder / "yara" / "rules.yar").write_text(text)
    for kind in ("hit", "miss"):
        (folder / "samples" / "T-ONE" / kind).mkdir(parents=True, exist_ok=True)
        for number in range(samples):
            (folder / "samples" / "T-ONE" / kind / f"{number}.txt").write_text(kind)
    return folder


def rule(strings: str, condition: str) -> str:
    body = f"    strings:\n        {strings}\n" if strings else ""
    return f"rule one\n{{\n{META}{body}    condition:\n        {condition}\n}}\n"


def codes(folder: Path) -> list[str]:
    return [finding.code for finding in lint([folder], [])]


def test_the_shipped_pack_has_nothing_to_mend_but_what_is_info() -> None:
    found = lint_apart([rules_folder() / "starter"], [samples_folder() / "rules"])
    assert [str(each) for each in found if each.level != "info"] == []


def test_a_good_rule_has_nothing_to_mend(tmp_path: Path) -> None:
    assert lint([write(tmp_path, GOOD)], []) == []


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("R000", "        $a\n}", "        $nothing\n}"),
        ("R002", '        title = "One"\n', ""),
        ("R002", 'author = "A team"', 'author = ""'),
        ("R003", 'severity = "low"', 'severity = "urgent"'),
        ("R004", 'status = "active"', 'status = "live"'),
        ("R005", 'status = "active"', 'status = "active"\n        scope = "everything"'),
        ("R006", 'title = "One"', 'title = "One"\n        technique = "exfil"'),
        ("R007", "2026-11-22", "last week"),
        ("R008", "version = 1", "version = 0"),
        ("R008", "version = 1", 'version = "1"'),
        ("R010", 'title = "One"', f'title = "{"long " * 30}"'),
        ("R011", '        description = "Because."\n', ""),
        ("R012", '"Because."', '"one."'),
        ("R013", 'status = "active"', 'status = "active"\n        scpoe = "text"'),
        ("R014", 'status = "active"', 'status = "active"\n        status = "draft"'),
        ("R015", 'status = "active"', 'status = "active"\n        replaced_by = "T-TWO"'),
        ("R016", 'status = "active"', 'status = "deprecated"\n        replaced_by = "T-TWO"'),
        ("Y100", '$a = "marker"', r'$a = "\x00\x00\x00\x00\x00"'),
    ],
)
def test_each_fault_of_what_a_rule_says_has_its_code(tmp_path: Path, code: str, before: str, after: str) -> None:
    assert before in GOOD
    assert code in codes(write(tmp_path, GOOD.replace(before, after)))


@pytest.mark.parametrize(
    ("code", "strings", "condition"),
    [
        ("S201", '$a = "PK" $b = "marker"', "$a at 0 and $b"),
        ("S201", "$a = /[abc]x[cde]y[a-z]{8}/", "#a > 9"),
        ("S202", '$a = "RIF" $b = "marker"', "all of them"),
        ("S203", "$a = /begin.*end/", "$a"),
        ("S203", "$a = { 01 02 03 04 [4-] 05 06 07 08 }", "$a"),
        ("S204", "$a = /begin(nings|)/", "$a"),
        ("S205", r"$a = /\s{0,9}begin/", "$a"),
        ("S206", "$a = /[^x]begin/", "$a"),
        ("S207", '$a = "marker12" xor wide ascii', "$a"),
        ("S207", '$a = "mark" xor', "$a at 0"),
        ("S208", '$a = "marker"', "for any i in (1..#a): (@a[i] < 100)"),
        ("S208", "", "for any i in (0..filesize): (uint32(i) == 0x41424344)"),
        ("S211", r"$a = /begin\s+end/", "$a"),
        ("L301", '$a = "marker" $_b = "other one"', "$a"),
        ("L302", "", "filesize >= 0"),
        ("L302", "", 'not filename contains "secret"'),
        ("L303", "", "filesize < 10"),
        ("L304", '$a = "marker"', "filesize < 10 and filesize > 2KB and $a"),
        ("L304", '$a = "marker"', "$a and not $a"),
        ("L304", '$a = "marker"', "$a at 5 and $a at 6"),
        ("L304", '$a = "marker"', "uint16(0) == 1 and uint16(0) == 2 and $a"),
        ("L304", '$a = "marker"', 'filetype == "a/b" and $a and filetype == "a/c"'),
        ("L305", '$a = "<marker>" fullword', "$a"),
        ("L306", '$a = "marker" $b = "marker"', "all of them"),
        ("L308", '$a = "marker"', '$a and filename endswith ".wav"'),
        ("D401", '$a = "mark"', "$a"),
        ("D401", '$a = "marker" $b = "abc"', "any of them"),
    ],
)
def test_each_fault_of_how_a_rule_is_written_has_its_code(
    tmp_path: Path, code: str, strings: str, condition: str
) -> None:
    found = codes(write(tmp_path, rule(strings, condition)))
    assert code in found
    assert "R000" not in found


@pytest.mark.parametrize(
    ("strings", "condition"),
    [
        (r"$a = /begin(ning)?[a-z]{1,20}(end|close)/", "$a"),
        ('$a = "aaaa" $b = "marker"', "$a at 5 and $a at 6 and $b"),
        ('$a = "PK\\x03\\x04" $b = "marker"', "$a at 0 and ($b or filesize < 10KB) and filesize > 9KB"),
        ('$a = "marker"', "$a and (uint16(0) == 1 or uint16(0) == 2)"),
        ("$a = /(^|[^a-z])marker($|x)/", "$a"),
        ("$a = { 4D 41 ( 52 4B | 53 4B 54 ) [2-4] 45 ?? 46 }", "$a at 0"),
    ],
)
def test_sound_rules_have_no_finding(tmp_path: Path, strings: str, condition: str) -> None:
    assert [f for f in lint([write(tmp_path, rule(strings, condition))], []) if f.level != "info"] == []


def test_keys_of_other_collections_are_no_slips(tmp_path: Path) -> None:
    others = 'score = 75\n        references = "x"\n        ids = "y"\n        hash1 = "z"\n        status = "active"'
    assert lint([write(tmp_path, GOOD.replace('status = "active"', others))], []) == []


def test_bytes_in_a_rule_over_text_are_told(tmp_path: Path) -> None:
    text = rule('$a = "marker" wide $b = { 01 02 03 04 05 06 }', "$a and $b")
    found = codes(write(tmp_path, text.replace('status = "active"', 'status = "active"\n        scope = "text"')))
    assert found == ["L309", "L309"]


def test_a_finding_names_line_and_column(tmp_path: Path) -> None:
    pack = write(tmp_path, rule('$a = "marker"\n        $bc = /x[abc]{3,9}y/', "$a and $bc"))
    (finding,) = lint([pack], [])
    assert (finding.line, finding.column, finding.rule) == (15, 9, "T-ONE")
    assert str(finding).startswith(f"{tmp_path}/yara/rules.yar:15:9: S201 warning: $bc of T-ONE has 1 fixed")


def test_a_slip_is_told_with_its_column_and_what_was_meant(tmp_path: Path) -> None:
    (finding,) = lint([write(tmp_path, rule('$a = "marker"', "$a and\n        filsize < 10"))], [])
    assert (finding.code, finding.line, finding.column) == ("R000", 17, 9)
    assert finding.fix == "did you mean filesize?"


def test_a_rule_without_meta_is_told_once(tmp_path: Path) -> None:
    found = lint([write(tmp_path, 'rule other { strings: $a = "markers" condition: $a }\n')], [])
    assert [each.code for each in found if each.rule] == ["R002", "R011", "R020", "R021"]
    assert "samples/other/hit/" in str(found[-2])


def test_two_rules_that_are_one_are_told(tmp_path: Path) -> None:
    other = GOOD.replace("rule one", "rule two").replace("T-ONE", "T-TWO")
    assert "L307" in codes(write(tmp_path, GOOD + other))


def test_a_rule_without_samples_and_an_odd_id_are_told(tmp_path: Path) -> None:
    found = codes(write(tmp_path, GOOD.replace("T-ONE", "my rule")))
    assert sorted(found) == ["R009", "R020", "R021", "R024"]


@pytest.mark.parametrize(("samples", "wanted"), [(0, ["R020", "R021"]), (1, ["R022", "R023"]), (2, [])])
def test_samples_are_counted(tmp_path: Path, samples: int, wanted: list[str]) -> None:
    assert codes(write(tmp_path, GOOD, samples=samples)) == wanted


def test_written_cases_count_like_samples(tmp_path: Path) -> None:
    pack = write(tmp_path, GOOD, samples=1)
    (pack / "tests" / "T-ONE").mkdir(parents=True)
    cases = '[[case]]\nname = "one"\ninput = { text = "a marker" }\nexpect = "match"\n'
    (pack / "tests" / "T-ONE" / "cases.toml").write_text(cases)
    assert codes(pack) == ["R023"]
    (pack / "tests" / "T-ONE" / "cases.toml").write_text(cases + cases.replace("match", "maybe"))
    (bad, _) = lint([pack], [])
    assert (bad.code, bad.path.name, bad.line) == ("R025", "cases.toml", 5)
    (pack / "tests" / "T-ONE" / "cases.toml").write_text(cases)
    (pack / "tests" / "T-NONE").mkdir()
    assert codes(pack) == ["R024", "R023"]


def test_an_id_taken_twice_names_both_places(tmp_path: Path) -> None:
    write(tmp_path / "a", GOOD)
    write(tmp_path / "b", GOOD.replace('"marker"', '"another"'))
    (finding,) = lint([tmp_path / "a", tmp_path / "b"], [])
    assert (finding.code, finding.path.parts[-3], finding.line) == ("R001", "b", 1)
    assert "a/yara/rules.yar:1" in finding.message


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
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "pack.toml").write_text('id = "e"\n')
    assert codes(tmp_path / "empty") == ["P003"]


def test_a_missing_pack_has_no_line(tmp_path: Path) -> None:
    place = tmp_path / "nowhere"
    (finding,) = lint([place], [])
    assert (finding.path, finding.line, finding.message) == (place, 0, "no such rule pack")
    assert str(finding).startswith(f"{place}: R000 error: no such rule pack; ")


def test_two_packs_with_one_id_are_told(tmp_path: Path) -> None:
    write(tmp_path / "a", GOOD)
    write(tmp_path / "b", GOOD.replace("T-ONE", "T-TWO").replace('"marker"', '"another"'))
    (tmp_path / "b" / "pack.toml").write_text('id = "t-a"\n')
    found = lint([tmp_path / "a", tmp_path / "b"], [])
    assert ("P004", tmp_path / "b") in [(each.code, each.path) for each in found]
    assert lint([tmp_path / "a", tmp_path / "a" / ".." / "a"], [])[0].code != "P004"


def test_hidden_characters_are_told_with_their_place(tmp_path: Path) -> None:
    found = lint([write(tmp_path, GOOD.replace('"One"', '"On\u202ee"'))], [])
    assert [(each.code, each.line, each.column) for each in found] == [("Y102", 5, 20)]
    assert "<202E>" in str(found[0])
    assert "\u202e" not in str(found[0])


def test_rules_that_do_not_end_are_told_and_the_rest_is_looked_at(tmp_path: Path) -> None:
    endless = "for all i in (1..300000): (for all j in (1..300000): (i + j > 0))"
    found = lint_apart([write(tmp_path, rule('$a = "marker"', f"$a or {endless}"))], [])
    assert [each.code for each in found] == ["S210"]


def test_what_looks_like_rules_and_is_not_read_is_told(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (tmp_path / "yara" / "folder.yar").mkdir()
    os.mkfifo(tmp_path / "yara" / "pipe.yar")
    (tmp_path / "yara" / "deep").mkdir()
    (tmp_path / "yara" / "deep" / "x.yar").write_text(GOOD)
    found = lint([tmp_path], [])
    assert [(each.code, each.path.name) for each in found] == [
        ("P002", "x.yar"),
        ("P002", "folder.yar"),
        ("P002", "pipe.yar"),
    ]


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        ("rule a { condition: true }".encode("utf-16"), 1, "UTF-16"),
        (b"rule a {\n condition: true }\n\0", 3, "NUL"),
        (b"// \xff\n", 1, "not UTF-8"),
        (b'\ninclude "/etc/hostname"\n', 2, "includes are disabled"),
        (b"YARA\x10\x00\x00\x00", 1, "compiled rules"),
        (b"rule a { condition: " + b"(" * 100_000 + b"true" + b")" * 100_000 + b" }", 1, "memory exhausted"),
    ],
    ids=["utf16", "nul", "latin1", "include", "compiled", "deep"],
)
def test_hostile_files_are_a_message_with_file_and_line(tmp_path: Path, data: bytes, line: int, words: str) -> None:
    (write(tmp_path, GOOD) / "yara" / "bad.yar").write_bytes(data)
    (finding,) = lint_apart([tmp_path], [])
    assert (finding.code, finding.path.name, finding.line) == ("R000", "bad.yar", line)
    assert words in finding.message


@pytest.mark.slow
def test_rules_the_compiler_takes_hours_over_are_given_up_and_the_others_looked_at(tmp_path: Path) -> None:
    strings = "\n".join(f'$a{number} = "string{number}x" xor wide ascii' for number in range(9000))
    write(tmp_path, GOOD.replace('        title = "One"\n', ""))
    (tmp_path / "yara" / "bomb.yar").write_text(f"rule bomb {{ strings: {strings} condition: any of them }}")
    found = lint_apart([tmp_path], [])
    assert [(each.code, each.path.name) for each in found] == [("R000", "bomb.yar"), ("R002", "rules.yar")]
    assert "20 s of processor time" in found[0].message


def test_every_check_has_its_own_code_and_says_what_it_is_about() -> None:
    assert len({check.code for check in checks()}) == len(checks()) > 40
    assert all(check.about and check.fix and check.level in LEVELS for check in checks())


def test_the_readme_holds_the_generated_table() -> None:
    section = README.read_text("utf-8").partition("<!-- lints -->\n")[2].partition("\n<!-- /lints -->")[0]
    assert section == table(), "run `python -m forensics.rulebook.lint_table` and put its table into rules/README.md"


def test_a_baseline_leaves_out_what_it_records_wherever_it_moved(tmp_path: Path) -> None:
    baseline = tmp_path / "lint.txt"
    pack = write(tmp_path / "pack", GOOD.replace('        title = "One"\n', ""))
    write_baseline(lint([pack], []), baseline)
    moved = "\n\n" + GOOD.replace('        title = "One"\n', "").replace('severity = "low"', 'severity = "odd"')
    compared = compare(lint([write(pack, moved)], []), baseline)
    assert ([each.code for each in compared.new], compared.known, compared.gone) == (["R003"], 1, 0)
    compared = compare(lint([write(pack, GOOD)], []), baseline)
    assert (compared.new, compared.known, compared.gone) == ([], 0, 1)


def test_a_mend_adds_and_orders_and_changes_nothing_else(tmp_path: Path) -> None:
    untidy = GOOD.replace("        version = 1\n", "").replace('        created = "2026-11-22"\n', "")
    untidy = untidy.replace('        id = "T-ONE"\n', "").replace('"active"\n', '"active"\n        id = "T-ONE"  \n', 1)
    path = write(tmp_path, untidy) / "yara" / "rules.yar"
    os.chmod(path, 0o640)
    mend = mend_file(path, today=date(2026, 11, 22))
    assert mend is not None
    assert mend.done == ("spaces and line ends", "one: created, version added", "one: meta put in order")
    assert path.read_text() == GOOD
    assert path.stat().st_mode & 0o777 == 0o640
    assert mend_file(path, today=date(2026, 11, 23)) is None


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("        version = 1\n", "        // why: see the ticket\n"),
        GOOD.replace("        version = 1\n", "").replace('category = "test"', 'category = "test" // for now'),
        GOOD.replace('status = "active"', 'status = "active"\n        status = "draft"').replace("version = 1\n", "\n"),
        'rule a { meta: id = "T-ONE" condition: true }\n',
    ],
)
def test_a_mend_leaves_alone_what_it_does_not_understand(text: str, tmp_path: Path) -> None:
    new, done = mended(text, tmp_path / "x.yar", today=date(2026, 11, 22))
    assert "added" not in "".join(done)
    assert new.split() == text.split()


@settings(max_examples=60, deadline=None)
@given(st.permutations(META.splitlines()[1:]), st.integers(0, 8), st.sampled_from(["\n", "\r\n", " \t\n"]))
def test_a_mend_keeps_what_yara_reads_and_is_done_once(lines: list[str], left_out: int, end: str) -> None:
    path, today = Path("x.yar"), date(2026, 11, 22)
    text = end.join(["rule one {", "    meta:", *lines[left_out:], "    condition: filesize > 3 // why", "}"])
    new, _ = mended(text, path, today=today)
    before, after = inspect(text, path)[0][0].meta, inspect(new, path)[0][0].meta
    assert before.items() <= after.items()
    assert {*after} - {*before} <= {"created", "version", "status"}
    assert mended(new, path, today=today) == (new, ())


def test_windows_line_ends_stay(tmp_path: Path) -> None:
    text = GOOD.replace("        version = 1\n", "").replace("\n", "\r\n")
    new, done = mended(text, tmp_path / "x.yar", today=date(2026, 11, 22))
    assert done == ("one: version added",)
    assert new == GOOD.replace("\n", "\r\n")


def test_the_mark_of_a_finding_without_a_line() -> None:
    finding = Finding(path=Path("a"), line=0, column=0, code="X1", level="info", message="m", fix="f")
    assert str(finding) == "a: X1 info: m; f"
