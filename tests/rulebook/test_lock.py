"""A lock tells what changed without saying so, and nothing else: not spaces, comments, order, drafts or states."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.cli.rules.lock import lock as command
from forensics.errors import RuleError
from forensics.rulebook.contents import contents
from forensics.rulebook.lint import lint
from forensics.rulebook.lock import LOCK, Kind, Lock, Locked, faults, read_lock, renewed, text_of, write_lock
from forensics.rulebook.pack import read_pack

DAY = date(2026, 11, 23)
RULE = """rule one
{
    meta:
        id = "T-ONE"
        title = "One"
        version = 1
        status = "active"
    strings:
        $a = "two  words" ascii wide
        $b = { 4D 5A ?? [2-4] 00 }
        $c = /a {2}b/
    condition:
        helper and ($a or $b) and $c
}
"""
HELPER = "private rule helper { condition: uint8(0) == 0x3C }\n"
OTHER = RULE.replace("one", "two").replace("T-ONE", "T-TWO")


def write(folder: Path, text: str, version: str = "1") -> Path:
    (folder / "yara").mkdir(parents=True, exist_ok=True)
    (folder / "pack.toml").write_text(f'id = "t"\nversion = "{version}"\n')
    (folder / "yara/rules.yar").write_text(HELPER + text)
    return folder


def lock(place: Path, day: date = DAY) -> Lock:
    pack = read_pack(place)
    write_lock(place, renewed(read_lock(place), pack.manifest, list(pack.rules), today=day))
    found = read_lock(place)
    assert found is not None
    return found


def told(place: Path, day: date = DAY) -> list[tuple[Kind, str]]:
    pack, old = read_pack(place), read_lock(place)
    assert old is not None
    return [(fault.kind, fault.rule) for fault in faults(old, pack.manifest, list(pack.rules), today=day)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("two  words", "two words"),
        ("ascii wide", "ascii"),
        ("/a {2}b/", "/a {2}c/"),
        ("4D 5A", "4D 5B"),
        ("helper and (", "("),
        ("0x3C", "0x3D"),
        ('title = "One"', 'title = "Uno"'),
    ],
)
def test_what_a_rule_says_changes_only_with_its_version(tmp_path: Path, old: str, new: str) -> None:
    place = write(tmp_path, RULE)
    lock(place)
    path = place / "yara/rules.yar"
    path.write_text(path.read_text().replace(old, new))
    assert told(place) == [(Kind.CHANGED, "T-ONE")]
    path.write_text(path.read_text().replace("version = 1", "version = 2"))
    assert told(place) == [(Kind.STALE, "T-ONE")]
    assert lock(place).rules["T-ONE"].history == ("2026-11-23 active 1", "2026-11-23 active 2")
    path.write_text(path.read_text().replace("version = 2", "version = 1"))
    assert told(place) == [(Kind.SANK, "T-ONE")]


def test_spaces_comments_and_order_say_nothing(tmp_path: Path) -> None:
    place = write(tmp_path, RULE + OTHER)
    before = contents(read_pack(place).rules)
    moved = OTHER + RULE.replace("{ 4D 5A", "{ 4D /* MZ */\n 5A").replace("and (", " and // why\n (")
    moved = moved.replace(
        '        title = "One"\n        version = 1\n', '        version = 1\n        title = "One"\n'
    )
    write(tmp_path, moved.replace("$a or", "$a    or"))
    assert contents(read_pack(place).rules) == before


def test_a_draft_is_free(tmp_path: Path) -> None:
    draft = RULE.replace('"active"', '"draft"')
    lock(write(tmp_path, draft + OTHER))
    write(tmp_path, draft.replace("words", "sentences") + OTHER)
    assert told(tmp_path) == [(Kind.STALE, "T-ONE")]
    write(tmp_path, OTHER)
    assert told(tmp_path) == [(Kind.STALE, "T-ONE")]
    assert list(lock(tmp_path).rules) == ["T-TWO"]
    write(tmp_path, OTHER.replace('"active"', '"draft"'))
    lock(tmp_path)
    write(tmp_path, RULE)
    assert (Kind.REMOVED, "T-TWO") in told(tmp_path), "one that was in force does not become free by calling it a draft"


def test_a_rule_goes_after_its_sunset_and_its_id_stays_taken(tmp_path: Path) -> None:
    lock(write(tmp_path, RULE + OTHER))
    write(tmp_path, OTHER)
    assert told(tmp_path) == [(Kind.REMOVED, "T-ONE")]
    ending = 'status = "deprecated"\n        replaced_by = "T-TWO"\n        sunset = "2027-01-01"'
    write(tmp_path, RULE.replace('status = "active"', ending) + OTHER)
    entry = lock(tmp_path).rules["T-ONE"]
    assert (entry.status, entry.replaced_by, entry.sunset) == ("deprecated", "T-TWO", "2027-01-01")
    write(tmp_path, OTHER)
    assert told(tmp_path) == [(Kind.REMOVED, "T-ONE")]
    after = date(2027, 1, 1)
    assert told(tmp_path, after) == [(Kind.STALE, "T-ONE")]
    assert lock(tmp_path, after).rules["T-ONE"].history[-1] == "2027-01-01 removed 1"
    assert told(tmp_path, after) == []
    write(tmp_path, RULE.replace("words", "others") + OTHER)
    assert told(tmp_path, after) == [(Kind.REUSED, "T-ONE")]


def test_lint_names_the_place_of_each_and_does_not_miss_what_does_not_load(tmp_path: Path) -> None:
    place = write(tmp_path, RULE)
    (place / "yara/more.yar").write_text(HELPER + OTHER)
    lock(place)
    write(place, RULE.replace("words", "sentences"))
    (place / "yara/more.yar").write_text(HELPER + OTHER.replace("$c\n", "$d\n"))
    found = [(each.code, each.path.name, each.line) for each in lint([place], []) if each.code[:3] in ("R03", "P00")]
    assert found == [("R030", "rules.yar", 2)]
    (place / "yara/more.yar").unlink()
    (place / LOCK).write_text("pack = 3\n")
    assert [(each.code, each.path.name) for each in lint([place], []) if each.code in ("R030", "R033", "P005")] == [
        ("P005", LOCK)
    ]


def test_the_command_writes_once_and_checks_for_ci(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = write(tmp_path / "p", RULE)

    def run(*options: str) -> int:
        return int(command.main([*options, str(place)], standalone_mode=False))

    assert run("--check") == 1
    assert not (place / LOCK).exists()
    assert run() == run("--check") == run() == 0
    assert "stays as it was" in capsys.readouterr().out
    write(place, RULE.replace("words", "a\x1bb"))
    before = (place / LOCK).read_bytes()
    assert run() == run("--check") == 1
    assert (place / LOCK).read_bytes() == before
    write(place, RULE, version="2")
    assert run("--check") == 1
    assert run() == 0
    assert read_lock(place) == lock(place)


def test_a_lock_that_is_none_is_named_with_its_line(tmp_path: Path) -> None:
    for text, line in (("pack = 'a'\nrules = 3\n", 2), ("pack = 'a'\nodd = 1\n", 2), ("pack = 'a'\n[[\n", 2)):
        (tmp_path / LOCK).write_text(text)
        with pytest.raises(RuleError, match=rf"lock\.toml:{line}: "):
            read_lock(tmp_path)


@given(ids=st.lists(st.text(st.characters(codec="utf-8"), min_size=1), unique=True, max_size=5))
def test_every_lock_is_read_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, ids: list[str]) -> None:
    folder = tmp_path_factory.mktemp("lock")
    entries = {id: Locked(version=1, status="draft", content=id, history=(id,)) for id in ids}
    made = Lock(pack="".join(ids), version="1", content="x", rules=entries)
    write_lock(folder, made)
    assert read_lock(folder) == made
    assert text_of(made) == (folder / LOCK).read_bytes().decode()
