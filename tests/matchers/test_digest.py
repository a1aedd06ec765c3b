import hashlib
import json
import zlib
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


SOUND = bytes(range(256)) * 8
CRC = zlib.crc32(SOUND)


def locked(*members: tuple[str, int, int]) -> Artifact:
    listed = [{"name": name, "size": size, "crc32": f"{crc32:08x}"} for name, size, crc32 in members]
    return artifact(DATA, encrypted_members=json.dumps(listed))


def member_matcher(folder: Path, size: int = len(SOUND)) -> DigestMatcher:
    with RegisterWriter.open(folder) as writer:
        clip = NewItem(id="C-1", kind="clip", name="a/C.wav", sha256="a" * 64, size=size, crc32=CRC, seconds=3.0)
        writer.add_package(Issue(package="P-1", programme="translator", recipient="r"), [clip])
    return DigestMatcher(Rulebook.empty(), Register.load(folder))


def test_a_locked_member_is_known_by_crc_and_size(tmp_path: Path) -> None:
    digest = member_matcher(tmp_path)
    view = locked(("x.bin", len(SOUND), CRC), ("again.bin", len(SOUND), CRC))
    assert digest.wants(view)
    (match,) = digest.match(view)
    assert (match.rule, match.item, match.package, match.accepted) == ("registered-member", "C-1", "P-1", True)
    assert 0.999999 < match.score < 1
    assert match.why[0].label == "CRC-32 and size of an encrypted member"
    assert match.why[0].text == f"{CRC:08x} x.bin"


def test_another_size_or_crc_is_no_match(tmp_path: Path) -> None:
    digest = member_matcher(tmp_path)
    view = locked(("C.wav", len(SOUND), CRC ^ 1), ("C.wav", len(SOUND) + 1, CRC), ("C.wav", -1, CRC))
    assert list(digest.match(view, candidates=9)) == []


def test_a_small_member_is_not_compared(tmp_path: Path) -> None:
    assert list(member_matcher(tmp_path, size=63).match(locked(("C.wav", 63, CRC)), candidates=9)) == []


def test_a_member_without_crc_is_a_candidate_by_size_and_name_only(tmp_path: Path) -> None:
    digest = member_matcher(tmp_path)
    view = locked(("b\\c.WAV", len(SOUND), 0), ("other.wav", len(SOUND), 0))
    (match,) = digest.match(view, candidates=1)
    assert (match.item, match.accepted, match.score) == ("C-1", False, 0.1)
    assert list(digest.match(view)) == []
