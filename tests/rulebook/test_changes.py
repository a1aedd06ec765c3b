"""A look at packs notices what came, changed and went, and which rules that touches."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics.errors import InputError
from forensics.rulebook.changes import changed, look

RULES = 'rule a { meta: \n id = "T-A"\n condition: true }\nrule b { meta:\n id = "T-B"\n condition: nonsense }\n'


def pack(folder: Path) -> Path:
    for name, text in (
        ("pack.toml", 'name = "t"\n'),
        ("yara/rules.yar", RULES),
        ("samples/T-A/hit/deep/one.txt", "1"),
        ("tests/T-B/cases.toml", ""),
        (".hidden/x.yar", RULES),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("name", "text", "rules"),
    [
        ("yara/rules.yar", RULES + "\n", ("T-A", "T-B")),
        ("samples/T-A/hit/deep/one.txt", "12", ("T-A",)),
        ("samples/T-A/hit/new.txt", "new", ("T-A",)),
        ("tests/T-B/cases.toml", "x", ("T-B",)),
        ("notes.txt", "x", ()),
        (".hidden/x.yar", "x", None),
    ],
)
def test_each_change_touches_its_rules(tmp_path: Path, name: str, text: str, rules: tuple[str, ...] | None) -> None:
    place = pack(tmp_path)
    before = look([place])
    (place / name).write_text(text)
    found = changed(before, look([place]), [place])
    assert found.files == (() if rules is None else (place / name,))
    assert found.rules == (rules or ())


def test_a_folder_of_packs_is_watched_like_a_pack(tmp_path: Path) -> None:
    place = pack(tmp_path / "one")
    before = look([tmp_path])
    (place / "samples/T-A/hit/deep/one.txt").write_text("12")
    (place / "yara/rules.yar").write_text(RULES.replace("T-B", "T-D"))
    assert changed(before, look([tmp_path]), [tmp_path]).rules == ("T-A", "T-D")


def test_what_goes_is_a_change_and_a_lone_rule_file_is_a_pack(tmp_path: Path) -> None:
    place = pack(tmp_path)
    before = look([place])
    (place / "samples/T-A/hit/deep/one.txt").unlink()
    assert changed(before, look([place]), [place]).rules == ("T-A",)
    alone = [place / "yara/rules.yar"]
    before = look(alone)
    alone[0].write_text(RULES.replace("T-A", "T-C12"))
    assert changed(before, look(alone), alone).rules == ("T-C12", "T-B")
    alone[0].unlink()
    assert look(alone) == {}


def test_more_files_than_can_be_watched_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="more than 3 files"):
        look([pack(tmp_path)], most=3)
