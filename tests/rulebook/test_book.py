import os
from collections.abc import Callable
from pathlib import Path

import pytest

from forensics.errors import RuleError
from forensics.model import Severity
from forensics.resources import rules_folder
from forensics.rulebook.book import Rulebook
from forensics.rulebook.source import read_bytes

RULE = """rule {name} {{
  meta:
    id = "{id}"
    severity = "{severity}"
  strings: $a = "marker"
  condition: $a
}}
"""


def write_pack(folder: Path, *, id: str = "team", rules: str = "", identifiers: str = "") -> Path:
    (folder / "yara").mkdir(parents=True)
    (folder / "pack.toml").write_text(f'id = "{id}"\nversion = "1.0.0"\n')
    (folder / "yara" / "rules.yar").write_text(rules or RULE.format(name="one", id="T-ONE", severity="high"))
    if identifiers:
        (folder / "identifiers").mkdir()
        (folder / "identifiers" / "numbers.toml").write_text(identifiers)
    return folder


def test_the_shipped_pack_loads_without_a_compiler_warning() -> None:
    book = Rulebook.load([rules_folder() / "starter"])
    assert len(book.rules) >= 40
    assert not [file.warnings for file in book.files if file.warnings]
    assert book.rule("EW-PKG-TRANSLATOR-JSON").severity is Severity.MEDIUM
    assert book.rule("nobody") is None


def test_a_folder_of_packs_and_a_pack_are_the_same() -> None:
    assert Rulebook.load([rules_folder()]).version == Rulebook.load([rules_folder() / "starter"] * 2).version


def test_an_empty_book_has_no_rules() -> None:
    assert Rulebook.empty().rules == ()
    assert Rulebook.load([]).version == Rulebook.empty().version


def test_the_version_follows_the_contents(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "a")
    before = Rulebook.load([pack]).version
    assert Rulebook.load([pack]).version == before
    path = pack / "yara" / "rules.yar"
    path.write_text(path.read_text() + "// changed\n")
    assert Rulebook.load([pack]).version != before


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to(path.name), lambda path: path.mkdir()])
def test_a_manifest_that_is_no_file_is_told_and_waits_for_nobody(tmp_path: Path, make: Callable[[Path], None]) -> None:
    pack = write_pack(tmp_path / "a")
    (pack / "pack.toml").unlink()
    make(pack / "pack.toml")
    with pytest.raises(RuleError, match=r"pack\.toml: no regular file"):
        Rulebook.load([pack])


@pytest.mark.parametrize("name", ["pack.toml", "yara/more.yar"])
@pytest.mark.parametrize("target", ["nowhere", "more.yar"])
def test_a_link_that_leads_nowhere_is_not_left_out_in_silence(tmp_path: Path, name: str, target: str) -> None:
    pack = write_pack(tmp_path / "packs" / "a")
    (pack / name).unlink(missing_ok=True)
    (pack / name).symlink_to(target)
    for place in (pack, tmp_path / "packs"):
        with pytest.raises(RuleError, match=name):
            Rulebook.load([place])


def test_a_rule_file_of_any_size_and_a_pipe_in_its_place_are_told(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "a")
    os.truncate(pack / "yara" / "rules.yar", 1 << 30)
    with pytest.raises(RuleError, match=r"rules\.yar: larger than rule files may be, 32 MiB"):
        Rulebook.load([pack])
    os.mkfifo(pack / "yara" / "pipe")
    with pytest.raises(RuleError, match="pipe: no regular file"):
        read_bytes(pack / "yara" / "pipe")


def test_a_syntax_error_names_file_and_line(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "a", rules='rule one {\n  strings: $a = "x"\n  condition: $b\n}\n')
    with pytest.raises(RuleError) as raised:
        Rulebook.load([pack])
    assert str(raised.value).startswith(f"{pack}/yara/rules.yar:3: ")
    assert raised.value.exit_code == 5


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('id = "x"\nversion = \n', 2),
        ('id = "x"\ncolour = "red"\n', 2),
        ('id = "x"\nmaintainers = [\n "a",\n]\n\n "colour" = "red"\n', 6),
        ('id = "x"\n[colour]\nred = 1\n', 2),
        ('id = "x"\nmaintainers = [\n 7,\n]\n', 2),
        ('id = "x"\ndescription = """\nversion = 1\n"""\nversion = 1\n', 5),
        ('id = "x"\ntimeout_s = "long"\n', 2),
        ("# no id\nversion = '1'\n", 1),
    ],
)
def test_a_broken_manifest_names_file_and_line(tmp_path: Path, text: str, line: int) -> None:
    pack = write_pack(tmp_path / "a")
    (pack / "pack.toml").write_text(text)
    with pytest.raises(RuleError) as raised:
        Rulebook.load([pack])
    assert str(raised.value).startswith(f"{pack}/pack.toml:{line}: ")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[[rule]]\nid = "T-1"\nkind = "imei"\n[[rule]]\nid = "T-2"\nkind = "colour"\n', 4),
        ('[[rule]]\nid = "T-1"\nkind = "imei"\n\n[[rule]]\nid = "T-2"\nkind = "mac"\nspeed = 3\n', 5),
        ('[[rule]]\nid = "T-1\n', 2),
    ],
)
def test_a_broken_identifier_rule_names_file_and_line(tmp_path: Path, text: str, line: int) -> None:
    pack = write_pack(tmp_path / "a", identifiers=text)
    with pytest.raises(RuleError) as raised:
        Rulebook.load([pack])
    assert str(raised.value).startswith(f"{pack}/identifiers/numbers.toml:{line}: ")


def test_two_packs_with_one_id_do_not_load(tmp_path: Path) -> None:
    first, second = write_pack(tmp_path / "a"), write_pack(tmp_path / "b")
    with pytest.raises(RuleError, match="pack id 'team' is taken by"):
        Rulebook.load([first, second])


def test_two_rules_with_one_id_do_not_load(tmp_path: Path) -> None:
    one = RULE.format(name="one", id="T-ONE", severity="high")
    pack = write_pack(tmp_path / "a", rules=one + one.replace("rule one", "rule two"))
    with pytest.raises(RuleError) as raised:
        Rulebook.load([pack])
    assert str(raised.value).startswith(f"{pack}/yara/rules.yar:8: rule id T-ONE is taken by")


def test_rules_of_others_load_without_our_meta(tmp_path: Path) -> None:
    path = tmp_path / "found.yar"
    path.write_text('rule Somebody_Else { meta: description = "theirs" condition: true }')
    rule = Rulebook.load([path]).rule("Somebody_Else")
    assert rule is not None
    assert (rule.title, rule.severity, rule.is_active) == ("theirs", Severity.MEDIUM, True)


@pytest.mark.parametrize("rules", ["include 'other.yar'\n", 'import "magic"\n', "rule \xe9 { condition: true }"])
def test_includes_and_oddities_are_refused(tmp_path: Path, rules: str) -> None:
    with pytest.raises(RuleError, match=r"rules\.yar:\d+: "):
        Rulebook.load([write_pack(tmp_path / "a", rules=rules)])


def test_bytes_that_are_not_text_name_their_line(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "a")
    (pack / "yara" / "rules.yar").write_bytes(b"// fine\n\xff\xfe\n")
    with pytest.raises(RuleError, match=r"rules\.yar:2: not UTF-8"):
        Rulebook.load([pack])


def test_a_missing_or_empty_place_is_no_pack(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere", Path(__file__)):
        with pytest.raises(RuleError) as raised:
            Rulebook.load([place])
        assert place.is_file() or str(raised.value).startswith(f"{place}: n")
