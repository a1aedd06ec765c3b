"""Rules of the kind `fuzzy`: a file is known again when it was edited, and others are not taken for it."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import forensics.fingerprints.fuzzy
from forensics.errors import Malformed, RuleError
from forensics.fingerprints.fuzzy import Fuzzy, fuzzy
from forensics.rulebook.book import Rulebook
from forensics.rulebook.prints import rule_text
from tests.benchmarks.fuzzy_pairs import edited
from tests.cli.invoking import earwitness

SOURCES = sorted(Path(forensics.fingerprints.fuzzy.__file__).parents[1].rglob("*.py"))
LONG = [path.read_bytes() for path in SOURCES if path.stat().st_size > 4000]


def pack(folder: Path, source: Path, *options: str) -> Path:
    (folder / "fingerprints").mkdir(parents=True)
    (folder / "pack.toml").write_text('id = "ours"\nversion = "1"\n')
    done = earwitness("rules", "print", "fuzzy", source, "--id", "OUR-TOOL", *options)
    assert done.returncode == 0, done.stderr
    (folder / "fingerprints/known.toml").write_text(done.stdout.replace('"draft"', '"active"'))
    return folder


def test_an_edited_copy_is_found_and_others_are_not(tmp_path: Path) -> None:
    source = tmp_path / "tool.py"
    source.write_bytes(LONG[0])
    place = pack(tmp_path / "pack", source)
    hits, misses = place / "tests/OUR-TOOL/hit", place / "tests/OUR-TOOL/miss"
    hits.mkdir(parents=True)
    misses.mkdir()
    (hits / "edited.txt").write_bytes(edited(LONG[0], 0.05, random.Random(1)))
    with zipfile.ZipFile(hits / "wrapped.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("notes.dat", LONG[0] + b"# and a line more\n")
    for number in (1, 2, 3):
        (misses / f"{number}.txt").write_bytes(LONG[number])
    done = earwitness("--store", tmp_path / "s", "rules", "test", place)
    assert done.returncode == 0, done.stdout + done.stderr
    told = earwitness("--store", tmp_path / "s", "rules", "explain", hits / "edited.txt", "OUR-TOOL", "--pack", place)
    assert (told.returncode, " of 40 to a file it knows" in told.stdout) == (0, True), told.stdout
    missed = earwitness("--store", tmp_path / "s", "rules", "explain", misses / "1.txt", "OUR-TOOL", "--pack", place)
    assert missed.returncode == 1
    assert "nearest: distance" in missed.stdout or "much longer or shorter" in missed.stdout


def test_the_part_of_a_container_is_what_copies_are_like(tmp_path: Path) -> None:
    source = tmp_path / "form.zip"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("word/document.xml", LONG[0])
        made.writestr("other.xml", LONG[1])
    whole, part = pack(tmp_path / "whole", source), pack(tmp_path / "part", source, "--part", "document.xml")
    with zipfile.ZipFile(tmp_path / "copy.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("word/document.xml", edited(LONG[0], 0.05, random.Random(1)))
    found = [
        earwitness("--store", tmp_path / "s", "rules", "explain", tmp_path / "copy.zip", "OUR-TOOL", "--pack", place)
        for place in (whole, part)
    ]
    assert [done.returncode for done in found] == [1, 0]


def test_few_edits_are_near_and_unrelated_files_far() -> None:
    rng = random.Random(3)
    digests = [fuzzy(data) for data in LONG]
    near = [fuzzy(edited(data, 0.05, rng)).distance(digest) for data, digest in zip(LONG, digests, strict=True)]
    assert sorted(near)[int(0.95 * len(near))] <= 40
    far = [one.distance(other) for at, one in enumerate(digests) for other in digests[at + 1 :]]
    assert min(far) > 40


@given(data=st.binary(min_size=512, max_size=6000))
@settings(max_examples=60, deadline=None)
def test_a_digest_is_read_as_it_was_written(data: bytes) -> None:
    try:
        made = fuzzy(data)
    except Malformed:
        return
    assert Fuzzy.read(str(made)) == made
    assert made.distance(made) == 0


@pytest.mark.parametrize("data", [b"", b"x" * 511, bytes(100_000), b"ab" * 5000, b"the same line\n" * 1000])
def test_what_is_like_too_much_else_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(Malformed, match=r"bytes; fewer|too uniform"):
        fuzzy(data)
    source = tmp_path / "x.bin"
    source.write_bytes(data)
    done = earwitness("rules", "print", "fuzzy", source, "--id", "A")
    assert (done.returncode, done.stdout) == (8, "")


@pytest.mark.parametrize(
    ("match", "said"),
    [
        ({"digest": "T1ABCD"}, "no fuzzy digest"),
        ({"digest": "F2:000000:" + "00" * 32}, "of this version"),
        ({"digest": "F1:000000:" + "00" * 31}, "of this version"),
        ({"digest": str(fuzzy(LONG[0])), "distance": 150}, "beyond 100"),
        ({"digest": str(fuzzy(LONG[0])), "near": 3}, "match of A"),
    ],
)
def test_a_rule_that_cannot_be_asked_does_not_load(tmp_path: Path, match: dict[str, str | float], said: str) -> None:
    (tmp_path / "fingerprints").mkdir()
    (tmp_path / "fingerprints/known.toml").write_text(rule_text("A", "fuzzy", match, title="A", severity="low"))
    (tmp_path / "pack.toml").write_text('id = "ours"\nversion = "1"\n')
    with pytest.raises(RuleError, match=r"known\.toml:1: .*" + said):
        Rulebook.load([tmp_path])
