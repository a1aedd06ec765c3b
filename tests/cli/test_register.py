"""`register` through the real command line."""

from __future__ import annotations

from pathlib import Path

from forensics import errors
from forensics.register.book import Register
from forensics.resources import samples_folder
from tests.cli.test_scan import earwitness

PACKAGE = samples_folder() / "packages" / "TR-2041"
WHO = ("--programme", "translator", "--recipient", "reviewer-17")


def test_the_shipped_package_is_registered_once(tmp_path: Path) -> None:
    code, lines, said = earwitness(tmp_path, "register", str(PACKAGE), *WHO, "--json")
    assert code == 0
    assert {line["id"] for line in lines if line["kind"] == "clip"} == {f"TR-2041-c0{n}" for n in (1, 2, 3)}
    assert {line["package"] for line in lines} == {"TR-2041"}
    assert {line["outcome"] for line in lines} == {"registered"}
    assert "3 clips" in said
    before = Register.load(tmp_path).version
    code, lines, _ = earwitness(tmp_path, "register", str(PACKAGE), *WHO, "--json")
    assert (code, {line["outcome"] for line in lines}) == (0, {"known"})
    assert Register.load(tmp_path).version == before
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".wav", ".xlf")]


def test_one_clip_is_counted_as_one(tmp_path: Path) -> None:
    clip = next(PACKAGE.rglob("*.wav"))
    code, _, said = earwitness(tmp_path, "register", str(clip), *WHO, "--json")
    assert (code, "1 clip, 0 texts, 0 files; 1 new" in said) == (0, True)


def test_nothing_registered_is_an_error_and_usage_is_checked(tmp_path: Path) -> None:
    (tmp_path / "notes.wav").write_text("this is no sound")
    code, _, said = earwitness(tmp_path / "s", "register", str(tmp_path / "notes.wav"), *WHO, "--json")
    assert (code, "nothing was registered" in said) == (errors.InputError.exit_code, True)
    code, _, said = earwitness(tmp_path / "s", "register", str(tmp_path / "none"), *WHO)
    assert (code, "no such file" in said) == (errors.InputError.exit_code, True)
    assert earwitness(tmp_path / "s", "register", *WHO)[0] == 2
    assert earwitness(tmp_path / "s", "register", str(PACKAGE))[0] == 2
    assert earwitness(tmp_path / "s", "register", str(PACKAGE), "--programme", " ", "--recipient", "r")[0] == 2
    code, _, said = earwitness(tmp_path / "s", "register", "--list", str(tmp_path / "none.tsv"), *WHO)
    assert (code, "none.tsv" in said) == (errors.InputError.exit_code, True)


def test_a_store_that_is_no_register_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "register.sqlite").write_bytes(b"something else entirely")
    code, _, said = earwitness(tmp_path, "register", str(PACKAGE), *WHO)
    assert (code, "register.sqlite" in said) == (errors.StoreError.exit_code, True)
