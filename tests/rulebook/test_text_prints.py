"""Rules of the kind `text`: printed from a passage, found in what was made of it; the pack holds none of its words."""

from __future__ import annotations

import json
import random
import zipfile
from pathlib import Path

import pytest

from forensics.errors import RuleError
from forensics.rulebook.book import Rulebook
from forensics.rulebook.prints import toml_of
from forensics.rulebook.text_prints import printed, unpacked
from tests.cli.invoking import earwitness

KEY = bytes(range(32))
BRIEFING = (
    "Reviewers of the kestrel programme listen to clips of eight seconds and choose the better translation. Nobody "
    "outside the harbour office may learn which handsets the recordings come from, nor that the microphone opens on "
    "ordinary laughter. Report a clip that names a hospital, a school or a barracks before you listen to another one."
)
NEAR = (
    "Members of the garden programme listen to talks of eighty minutes and choose the better speaker. Everybody in the "
    "village hall may learn which gardens the roses come from, and that the gate opens on Sundays. Tell the committee "
    "when a visitor asks for a school, a church or the playground before you close for the day."
)


def pack(folder: Path, *options: str, text: str = BRIEFING) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "pack.toml").write_text('id = "ours"\nversion = "1"\n')
    source = folder.parent / "briefing.txt"
    source.write_text(text)
    arguments = ("--id", "OUR-BRIEFING", "--title", "The briefing", "--into", folder, *options)
    done = earwitness("--store", folder.parent / "s", "rules", "print", "text", source, *arguments)
    assert done.returncode == 0, done.stderr
    (folder / "fingerprints/known.toml").write_text(done.stdout.replace('"draft"', '"active"'))
    return folder


def edited(text: str, share: float) -> str:
    rng = random.Random(2)
    words = text.split()
    for at in rng.sample(range(len(words)), round(len(words) * share)):
        words[at] = rng.choice(("something", "else", "again", "quietly", "yesterday"))
    return " ".join(words)


def document(path: Path, text: str) -> Path:
    paragraphs = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in text.split(". "))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
        made.writestr("word/document.xml", f"<w:document {space}><w:body>{paragraphs}</w:body></w:document>")
    return path


def test_the_passage_is_found_edited_and_in_documents_and_another_is_not(tmp_path: Path) -> None:
    place = pack(tmp_path / "pack")
    hits, misses = place / "tests/OUR-BRIEFING/hit", place / "tests/OUR-BRIEFING/miss"
    hits.mkdir(parents=True)
    misses.mkdir()
    (hits / "edited.txt").write_text("Dear paper,\n" + edited(BRIEFING, 0.1) + "\nA reader\n")
    (hits / "part.json").write_text(json.dumps({"note": BRIEFING[:190]}))
    document(hits / "letter.docx", BRIEFING)
    (misses / "near.txt").write_text(NEAR)
    document(misses / "near.docx", NEAR)
    done = earwitness("--store", tmp_path / "s", "rules", "test", place)
    assert done.returncode == 0, done.stdout + done.stderr
    told = earwitness(
        "--store", tmp_path / "s", "rules", "explain", hits / "edited.txt", "OUR-BRIEFING", "--pack", place
    )
    assert (told.returncode, "% of its passage, " in told.stdout) == (0, True), told.stdout
    missed = earwitness(
        "--store", tmp_path / "s", "rules", "explain", misses / "near.txt", "OUR-BRIEFING", "--pack", place
    )
    assert (missed.returncode, "enough of its passage" in missed.stdout) == (1, True), missed.stdout


def test_a_share_may_be_asked_for(tmp_path: Path) -> None:
    place = pack(tmp_path / "pack", "--least", "0.9")
    part = tmp_path / "part.txt"
    part.write_text(BRIEFING[:190])
    done = earwitness("--store", tmp_path / "s", "rules", "explain", part, "OUR-BRIEFING", "--pack", place)
    assert (done.returncode, "90% of its passage" in done.stdout) == (1, True), done.stdout
    whole = tmp_path / "whole.txt"
    whole.write_text(BRIEFING.upper())
    done = earwitness("--store", tmp_path / "s", "rules", "explain", whole, "OUR-BRIEFING", "--pack", place)
    assert done.returncode == 0, done.stdout


def test_the_pack_holds_none_of_its_words_and_prints_share_a_key(tmp_path: Path) -> None:
    place = pack(tmp_path / "pack")
    held = b"".join(path.read_bytes() for path in place.rglob("*") if path.is_file()).lower()
    assert not [word for word in ("kestrel", "harbour", "laughter", "barracks") if word.encode() in held]
    other = tmp_path / "other.txt"
    other.write_text(NEAR)
    done = earwitness("rules", "print", "text", other, "--id", "OUR-NEAR", "--into", place)
    assert done.returncode == 0, done.stderr
    keys = {unpacked(path.read_bytes())[0] for path in (place / "fingerprints").glob("*.bin")}
    assert len(keys) == 1


def test_what_says_too_little_is_refused(tmp_path: Path) -> None:
    few = tmp_path / "few.txt"
    few.write_text("Thank you for calling, how can I help you today?")
    empty = tmp_path / "empty.txt"
    empty.write_text("\n\n")
    for path, said in ((few, "says too little"), (empty, "no text was found")):
        done = earwitness("rules", "print", "text", path, "--id", "A", "--into", tmp_path)
        assert (done.returncode, said in done.stderr) == (8, True), done.stderr


@pytest.mark.parametrize(
    ("data", "asked", "said"),
    [
        (b"EWTP", {}, "none of a text"),
        (b"EWTP\x96\xa6text-0", {}, "none of a text"),
        (printed(BRIEFING, KEY[:16]), {}, "none of a text of this version"),
        (printed(BRIEFING, KEY)[4:], {}, "none of a text of this version"),
        (printed(BRIEFING, KEY), {"least_share": 1.5}, "share of 1.5"),
    ],
)
def test_a_print_that_is_none_does_not_load(tmp_path: Path, data: bytes, asked: dict[str, float], said: str) -> None:
    (tmp_path / "fingerprints").mkdir()
    (tmp_path / "pack.toml").write_text('id = "ours"\nversion = "1"\n')
    (tmp_path / "fingerprints/A.bin").write_bytes(data)
    text = toml_of("A", "text", data, dict(asked), title="A", severity="high")
    (tmp_path / "fingerprints/known.toml").write_text(text)
    with pytest.raises(RuleError, match=r"known\.toml:1: A .*" + said):
        Rulebook.load([tmp_path])


def test_lint_warns_of_few_words(tmp_path: Path) -> None:
    place = pack(tmp_path / "pack", text="The kestrel programme opens the harbour microphone on laughter")
    done = earwitness("rules", "lint", place)
    assert "D403" in done.stdout, done.stdout
