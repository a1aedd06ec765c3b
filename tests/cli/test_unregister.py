"""`unregister` through the real command line."""

from __future__ import annotations

from pathlib import Path

from forensics import errors
from forensics.register.book import Register
from forensics.resources import samples_folder
from tests.cli.test_scan import earwitness

PACKAGE = samples_folder() / "packages" / "TR-2041"


def test_a_clip_then_its_package_are_removed_and_unknown_ids_are_said(tmp_path: Path) -> None:
    earwitness(tmp_path, "register", str(PACKAGE), "--programme", "t", "--recipient", "r", "--json")
    code, lines, said = earwitness(tmp_path, "unregister", "TR-2041-c01", "no-such", "--json")
    assert code == errors.InputError.exit_code
    removed = {line["id"]: line for line in lines if line["outcome"] == "removed"}
    assert {line["package"] for line in removed.values()} == {"TR-2041"}
    assert removed["TR-2041-c01"]["kind"] == "clip"
    assert "TR-2041-c01:candidate-2" in removed
    assert not any(identity.startswith("TR-2041-c02") for identity in removed)
    assert [line["id"] for line in lines if line["outcome"] == "unknown"] == ["no-such"]
    assert "1 clip, 3 texts, 0 files removed; 1 id not registered" in said
    book = Register.load(tmp_path)
    assert (len(book.audio), book.item("TR-2041-c01")) == (2, None)
    code, _, said = earwitness(tmp_path, "unregister", "--package", "TR-2041", "--json")
    assert (code, "2 clips, 6 texts, 2 files removed" in said) == (0, True)
    book = Register.load(tmp_path)
    assert (len(book), len(book.audio), len(book.text), book.package("TR-2041")) == (0, 0, 0, None)


def test_usage_and_a_store_without_a_register(tmp_path: Path) -> None:
    assert earwitness(tmp_path, "unregister")[0] == 2
    code, _, said = earwitness(tmp_path, "unregister", "C-1")
    assert (code, "nothing is registered here" in said) == (errors.InputError.exit_code, True)
    assert not list(tmp_path.iterdir())
