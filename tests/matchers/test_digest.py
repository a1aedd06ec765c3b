import hashlib
from pathlib import Path

from forensics.content import Content
from forensics.matchers.digest import DigestMatcher
from forensics.model import Artifact, Severity
from forensics.register.book import Register
from forensics.register.storage import Issue, NewItem, RegisterWriter
from forensics.rulebook.book import Rulebook

DATA = b"RIFF these are the very bytes"


def artifact(data: bytes, *, is_view: bool = False, **facts: str) -> Artifact:
    return Artifact(
        number=2, parent=0, path=("a.zip", "x.wav"), media_type="audio/wav", content=Content.of(data),
        is_view=is_view, facts={name.replace("_", "."): value for name, value in facts.items()},
    )  # fmt: skip


def matcher(folder: Path) -> DigestMatcher:
    sha256 = hashlib.sha256(DATA).hexdigest()
    with RegisterWriter.open(folder) as writer:
        for package in ("P-1", "P-2"):
            issue = Issue(package=package, programme="translator", recipient="r")
            writer.add_package(issue, [NewItem(id="C-1", kind="clip", name="c.wav", sha256=sha256, seconds=3.0)])
        twin = NewItem(id="P-1/x.bin", kind="file", name="x.bin", sha256=sha256)
        writer.add_package(Issue(package="P-1", programme="translator", recipient="r"), [twin])
    return DigestMatcher(Rulebook.empty(), Register.load(folder))


def test_the_very_bytes_name_every_item_that_has_them(tmp_path: Path) -> None:
    found = list(matcher(tmp_path).match(artifact(DATA)))
    assert [(match.item, match.package, match.artifact) for match in found] == [
        ("C-1", "P-1", 2),
        ("P-1/x.bin", "P-1", 2),
    ]
    assert {(match.rule, match.severity, match.score) for match in found} == {("registered-digest", Severity.HIGH, 1.0)}
    assert found[0].why[0].text == hashlib.sha256(DATA).hexdigest()


def test_the_package_the_artifact_names_is_preferred(tmp_path: Path) -> None:
    found = list(matcher(tmp_path).match(artifact(DATA, package_id="P-2")))
    assert [match.package for match in found] == ["P-2", "P-1"]


def test_one_changed_byte_views_and_nothing_match_nothing(tmp_path: Path) -> None:
    digest = matcher(tmp_path)
    assert list(digest.match(artifact(DATA + b"!"), candidates=5)) == []
    assert not digest.wants(artifact(DATA, is_view=True))
    assert not digest.wants(artifact(b""))
    assert not DigestMatcher(Rulebook.empty(), Register.empty()).wants(artifact(DATA))
