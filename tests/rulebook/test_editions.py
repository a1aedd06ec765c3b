"""Editions: what packs were at one moment, whole, and never more than may be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from forensics.errors import RuleError
from forensics.rulebook import compiled, editions
from forensics.rulebook.book import Rulebook
from forensics.rulebook.compiling import compile_sources
from forensics.rulebook.editions import Editions, kept, stamp

RULE = 'rule a {{ meta: id = "OUR-A" strings: $a = "{}" condition: $a }}\n'


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "our pack"
    (folder / "yara").mkdir(parents=True)
    (folder / "samples/OUR-A/hit").mkdir(parents=True)
    (folder / "samples/OUR-A/hit/a.txt").write_text("sugar")
    (folder / "pack.toml").write_text('id = "ours"\nversion = "1"\n')
    (folder / "yara/a.yar").write_text(RULE.format("sugar"))
    return folder


def test_an_edition_is_the_pack_as_it_stood_and_the_same_state_is_the_same_edition(pack: Path, tmp_path: Path) -> None:
    store = Editions(tmp_path / "store")
    loose = tmp_path / "loose.yar"
    loose.write_text('rule b { meta: id = "LOOSE" condition: false }\n')
    first, book = kept(store, [pack, loose])
    assert book.version == Rulebook.load([pack, loose]).version
    assert not list(first.folder.rglob("a.txt"))
    (pack / "samples/OUR-A/hit/a.txt").write_text("more sugar")
    assert store.keep([pack, loose]) == first
    before = stamp([pack, loose])
    (pack / "yara/a.yar").write_text(RULE.format("flour"))
    assert stamp([pack, loose]) != before
    second = store.keep([pack, loose])
    assert (first.generation, second.generation, store.latest()) == (1, 2, second)
    assert Rulebook.load(first.places).version == book.version


def test_hostile_packs_are_told_and_leave_nothing(pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Editions(tmp_path / "store")
    os.mkfifo(pack / "yara/pipe.yar")
    (pack / "yara/loop").symlink_to(pack / "yara")
    (pack / "yara/.hidden.yar").write_text("rule")
    assert [path.name for path in store.keep([pack]).folder.rglob("*.yar")] == ["a.yar"]
    monkeypatch.setattr(editions, "MOST_BYTES", 1000)
    (pack / "yara/b.yar").write_text("//" + "x" * 2000)
    with pytest.raises(RuleError, match="more than"):
        store.keep([pack])
    (pack / "yara/b.yar").write_text("rule half {")
    with pytest.raises(RuleError, match=r"our pack/yara/b.yar:1"):
        kept(store, [pack])
    assert [each.generation for each in store.all()] == [1]


def test_what_is_handed_over_is_sealed_and_scans_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_sets", type(compiled._sets)())
    monkeypatch.setattr(compiled, "_saved", {})
    sources = {"one": RULE.format("sugar"), "two": RULE.format("flour")}
    compiled.compiled(sources, lambda: compile_sources(sources))
    fd = compiled.seal()
    assert compiled.is_sealed(fd)
    with pytest.raises(PermissionError):
        os.pwrite(fd, b"x", 0)
    with pytest.raises(PermissionError):
        os.truncate(fd, 1)
    compiled._sets.clear()
    compiled.take(fd)

    def never() -> None:
        raise AssertionError("compiled again")

    rules = compiled.compiled(sources, never)
    assert [match.namespace for match in rules.match(data=b"flour")] == ["two"]
    read, write = os.pipe()
    assert not compiled.is_sealed(read)
    os.close(read)
    os.close(write)
