"""What is said of an issue is told again; an older register knows nothing of it and is read all the same."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from forensics.register.book import Register
from forensics.register.schema import FILE
from forensics.register.storage import Issue, RegisterWriter
from forensics.register.terms import HALT, RECALL, WITHDRAWAL, Terms

TERMS = Terms(
    consents=("token-1",),
    agreement="NDA 3",
    notice="2026-05",
    due=2_000_000_000.0,
    languages=("es", "en"),
    purposes=("translation",),
    spoken=("es", "fr"),
)


def issue(folder: Path, package: str = "P-1", recipient: str = "p-aaaaaaaa", terms: Terms = TERMS) -> None:
    with RegisterWriter.open(folder, clock=lambda: 1000.0) as writer:
        writer.add_package(Issue(package=package, programme="translator", recipient=recipient, terms=terms), [])


def decide(folder: Path, act: str, about: str, name: str) -> bool:
    with RegisterWriter.open(folder, clock=lambda: 2000.0) as writer:
        return writer.decide(act, about, name, "because")


def test_terms_are_told_and_consent_is_kept_keyed(tmp_path: Path) -> None:
    issue(tmp_path)
    (found,) = Register.load(tmp_path).issues.of("P-1")
    said = (found.agreement, found.notice, found.due, found.languages, found.purposes, found.spoken)
    assert said == ("NDA 3", "2026-05", 2e9, ("es", "en"), ("translation",), ("es", "fr"))
    assert found.consents == (Register.load(tmp_path).issues.hashed("token-1"),)
    assert not [path for path in tmp_path.iterdir() if b"token-1" in path.read_bytes()]


def test_the_same_again_changes_nothing_and_other_terms_take_their_place(tmp_path: Path) -> None:
    issue(tmp_path)
    before = Register.load(tmp_path).version
    issue(tmp_path)
    issue(tmp_path, terms=Terms())
    assert Register.load(tmp_path).version == before
    issue(tmp_path, terms=Terms(agreement="NDA 4"))
    assert Register.load(tmp_path).issues.of("P-1")[0].agreement == "NDA 4"


def test_decisions_stand_against_what_they_are_about_until_they_are_lifted(tmp_path: Path) -> None:
    issue(tmp_path)
    issue(tmp_path, "P-2", terms=Terms())
    for act, about, name in (
        (HALT, "programme", "translator"),
        (RECALL, "package", "P-2"),
        (RECALL, "clip", "c9"),
        (WITHDRAWAL, "consent", "token-1"),
    ):
        assert decide(tmp_path, act, about, name)
        assert not decide(tmp_path, act, about, name)
    issues = Register.load(tmp_path).issues
    assert {each.act for each in issues.against(issues.of("P-1"))} == {HALT, WITHDRAWAL}
    assert {each.act for each in issues.against(issues.of("P-2"))} == {HALT, RECALL}
    assert [each.name for each in issues.against((), ["c9"])] == ["c9"]
    with RegisterWriter.open(tmp_path) as writer:
        assert writer.lift(HALT, "programme", "translator")
        assert not writer.lift(HALT, "programme", "translator")
    issues = Register.load(tmp_path).issues
    assert {each.act for each in issues.against(issues.of("P-1"))} == {WITHDRAWAL}


def test_a_decision_makes_a_loaded_register_stale(tmp_path: Path) -> None:
    issue(tmp_path)
    loaded = Register.load(tmp_path)
    assert not loaded.is_stale()
    decide(tmp_path, HALT, "programme", "translator")
    assert loaded.is_stale()


def test_what_is_unregistered_takes_its_terms_along(tmp_path: Path) -> None:
    issue(tmp_path)
    with RegisterWriter.open(tmp_path) as writer:
        writer.remove(packages=["P-1"])
    issue(tmp_path, terms=Terms())
    (found,) = Register.load(tmp_path).issues.of("P-1")
    assert (found.agreement, found.consents, found.spoken) == ("", (), ())


def test_a_register_of_before_is_read_and_grows_the_tables_when_written(tmp_path: Path) -> None:
    issue(tmp_path)
    with sqlite3.connect(tmp_path / FILE) as old:
        for table in ("terms", "consents", "tongues", "controls"):
            old.execute(f"DROP TABLE {table}")
    register = Register.load(tmp_path)
    assert [(found.package, found.agreement) for found in register.issues.all()] == [("P-1", "")]
    assert register.issues.controls == ()
    assert decide(tmp_path, HALT, "programme", "translator")
    assert Register.load(tmp_path).issues.is_halted("translator")


def test_an_empty_register_answers(tmp_path: Path) -> None:
    issues = Register.load(tmp_path).issues
    assert (issues.all(), issues.controls, issues.knows("p-x")) == ((), (), False)
