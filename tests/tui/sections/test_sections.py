"""What the parts of a story say."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics.lineage.edges import edges
from forensics.lineage.nouns import Means, Piece, Sighting, Trace
from forensics.model import Excerpt, OutcomeKind
from forensics.pseudonyms import pseudonym
from forensics.store import reader
from forensics.store.rows import AlertDetail, ArtifactRow, Issue, Lineage
from tests.tui.night_shift import NOW
from tui.formatting import hung
from tui.sections import log
from tui.sections.lineage import lineage
from tui.sections.tree import tree
from tui.sections.why import matched_bytes, why


@pytest.fixture
def uploaded(night: Path) -> AlertDetail:
    connection = reader.open_reader(night)
    try:
        detail = reader.alert_detail(connection, 4)
    finally:
        connection.close()
    assert detail is not None
    return detail


def artifact(number: int, parent: int | None, name: str, **values: object) -> ArtifactRow:
    settings: dict[str, object] = {
        "id": number,
        "number": number,
        "parent": parent,
        "path": (name,),
        "media_type": "text/plain",
        "size": 10,
        "sha256": "",
        "outcome": OutcomeKind.CLEAN,
        "reason": "",
        "facts": {},
        "is_kept": False,
    }
    return ArtifactRow(**{**settings, **values})  # type: ignore[arg-type]


def test_why_puts_what_is_registered_first_and_candidates_last(uploaded: AlertDetail) -> None:
    text = hung(why(uploaded.matches, uploaded.artifacts), 120).plain
    assert text.index("C-001") < text.index("EW-PKG-001") < text.index("below the threshold")
    assert "clip C-001 of package TR-2026-014, clip 0.8–5.6 s found at 12.3 s, score 0.94" in text
    assert "in holiday.zip › audio.tar.gz › c001.opus" in text


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ('"clips":\\x20[\\r\\n{', 13, b'"clips": [\r\n{'),
        ("plain", 5, b"plain"),
        ("\\x00" * 64, 500, b"\x00" * 64),
        ("Übersetzung", 12, "Übersetzung".encode()),
        ("back\\slash", 10, b"back\\slash"),
        ("cut off", 99, b"cut off"),
        ("\\x4", 7, b"\\x4"),
    ],
)
def test_matched_bytes_are_what_was_matched(text: str, length: int, expected: bytes) -> None:
    assert matched_bytes(Excerpt(kind="bytes", length=length, text=text)) == expected


def test_the_tree_shows_depth_and_what_was_not_read(uploaded: AlertDetail) -> None:
    text = hung(tree(uploaded.artifacts, uploaded.matches, uploaded.missing_ranges), 150).plain
    assert "4.0 KiB were never seen" in text
    assert "│ └ c002.opus" in text
    assert "└ notes.7z  application/x-7z-compressed  20.0 KiB  ENCRYPTED: not read (needs a password)" in text


def test_a_tree_that_lies_about_parents_still_shows_every_artifact() -> None:
    rows = [
        artifact(0, None, "root"),
        artifact(1, 7, "orphan"),
        artifact(2, 2, "own parent"),
        artifact(3, 4, "loop"),
        artifact(4, 3, "leaf"),
    ]
    text = hung(tree(rows, ()), 100).plain
    assert all(name in text for name in ("root", "orphan", "own parent", "loop", "leaf"))


def test_a_large_or_deep_tree_is_bounded_and_says_so() -> None:
    deep = [artifact(number, number - 1 if number else None, f"n{number}") for number in range(2000)]
    lines = tree(deep, ())
    assert len(lines) == 301
    assert "and 1,700 more artifacts" in hung(lines[-1:], 80).plain


def test_facts_name_the_file_only_where_no_address_does(uploaded: AlertDetail) -> None:
    text = hung(log.facts(uploaded.alert, NOW), 100).plain
    assert "to       http://drop.example:8080/in/holiday.zip" in text
    assert "\nname" not in text
    assert f"who      {pseudonym(bytes(32), 'rv17')}@ws-17, curl" in text


def test_gaps_and_custody_are_told(uploaded: AlertDetail) -> None:
    assert "the capture dropped packets, 4.0 KiB" in hung(log.gaps(uploaded.gaps, nothing=log.safe("none")), 120).plain
    assert "alert A4 in incident I3" in hung(log.custody(uploaded.custody), 120).plain


def test_lineage_shows_hostile_names_harmlessly_and_marks_doubt() -> None:
    traces = (Trace(item="c1", package="P\x1b[2J", piece=0, means=Means.BYTES, doubt=0.0, words="\x9b31m"),)
    piece = Piece(name="x", sha256="a", media_type="audio/wav")
    seen = [
        Sighting(
            id=f"O{number}",
            time=NOW + number,
            channel="work",
            place=f"file:///{number}\u202e\x1b]0;x",
            name="x",
            is_leaving=False,
            is_wire=False,
            pieces=(piece,),
            traces=traces,
        )
        for number in range(3)
    ]
    issue = Issue(package="P\x1b[2J", programme="\x07", recipients=("r\n1",))
    text = hung(lineage(Lineage(issues=(issue,), sightings=tuple(seen), edges=edges(seen))), 80).plain
    assert not any(character in text for character in "\x1b\x9b\x07\u202e")
    assert "50 %" in text
    assert "copied c1" in text
