"""Rules of the kind `image`: printed from a picture, found in what was made of it, refused where they cannot be."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from forensics.errors import RuleError
from forensics.fingerprints.image import search
from forensics.fingerprints.image.prints import image_print
from forensics.rulebook import image_prints
from forensics.rulebook.book import Rulebook
from forensics.rulebook.prints import toml_of
from tests.cli.invoking import earwitness
from tests.fingerprints.image.drawing import cropped, encoded, framed, page, photograph, resized


def pack(folder: Path, *options: str) -> Path:
    """A pack with a rule that was printed from a screen."""
    folder.mkdir(exist_ok=True)
    (folder / "pack.toml").write_text('id = "ours"\nversion = "1"\n')
    source = folder.parent / "source.png"
    source.write_bytes(encoded(page(1), "png"))
    arguments = ("--id", "OUR-PLAN", "--title", "Our plan", "--into", folder, *options)
    done = earwitness("--store", folder.parent / "s", "rules", "print", "image", source, *arguments)
    assert done.returncode == 0, done.stderr
    (folder / "fingerprints/known.toml").write_text(done.stdout.replace('"draft"', '"active"'))
    return folder


def test_a_picture_is_found_changed_and_wrapped_and_another_of_its_layout_is_not(tmp_path: Path) -> None:
    place = pack(tmp_path / "pack")
    hits, misses = place / "tests/OUR-PLAN/hit", place / "tests/OUR-PLAN/miss"
    hits.mkdir(parents=True)
    misses.mkdir()
    small = encoded(resized(page(1), 640, 480), "jpeg", 12)
    with zipfile.ZipFile(hits / "wrapped.zip", "w") as archive:
        archive.writestr("x.bin", small)
    (hits / "framed.webp").write_bytes(encoded(framed(cropped(page(1), 0.03), 0.05, 0), "webp", 60))
    (misses / "other.png").write_bytes(encoded(page(2), "png"))
    done = earwitness("--store", tmp_path / "s", "rules", "test", place)
    assert done.returncode == 0, done.stdout + done.stderr
    found = earwitness("--store", tmp_path / "s", "rules", "explain", hits / "framed.webp", "OUR-PLAN", "--pack", place)
    assert (found.returncode, " parts agree, distance 0 of 12" in found.stdout) == (0, True), found.stdout
    missed = earwitness(
        "--store", tmp_path / "s", "rules", "explain", misses / "other.png", "OUR-PLAN", "--pack", place
    )
    assert missed.returncode == 1
    assert "its picture, at most 12 % of it otherwise" in missed.stdout
    text = tmp_path / "words.txt"
    text.write_text("no picture")
    other = earwitness("--store", tmp_path / "s", "rules", "explain", text, "OUR-PLAN", "--pack", place)
    assert "it is no picture" in other.stdout


def test_scan_tells_the_rule_the_distance_and_the_odds(tmp_path: Path) -> None:
    place = pack(tmp_path / "pack")
    settings = tmp_path / "earwitness.toml"
    settings.write_text(f'rules = ["{place}"]\n')
    leaked = tmp_path / "leaked.jpg"
    leaked.write_bytes(encoded(page(1), "jpeg", 12))
    done = earwitness("--store", tmp_path / "s", "--config", settings, "scan", leaked, "--json")
    [match] = [each for each in json.loads(done.stdout.splitlines()[0])["matches"] if each["rule"] == "OUR-PLAN"]
    assert match["title"] == "Our plan"
    assert "distance 0 of 12, by chance: 1 in " in match["why"][0]["text"]


@pytest.mark.slow
def test_a_rule_asks_for_its_own_distance(tmp_path: Path) -> None:
    place = pack(tmp_path / "pack", "--distance", "0")
    changed = page(1)
    changed[300:460, 300:700] = 250
    picture = tmp_path / "changed.png"
    picture.write_bytes(encoded(changed, "png"))
    done = earwitness("--store", tmp_path / "s", "rules", "explain", picture, "OUR-PLAN", "--pack", place)
    assert (done.returncode, "nearest: " in done.stdout) == (1, True), done.stdout


def test_what_cannot_be_known_again_is_refused(tmp_path: Path) -> None:
    flat, words, bomb = tmp_path / "flat.png", tmp_path / "words.txt", tmp_path / "bomb.png"
    flat.write_bytes(encoded(np.full((400, 600), 250, np.uint8), "png"))
    words.write_text("nothing to see")
    small = encoded(photograph(1), "png")
    bomb.write_bytes(small[:16] + (60_000).to_bytes(4, "big") * 2 + small[24:])
    for path, said in ((flat, "too flat or too small"), (words, "no picture was seen"), (bomb, "60000 x 60000 pixels")):
        done = earwitness("--store", tmp_path / "s", "rules", "print", "image", path, "--id", "A", "--into", tmp_path)
        assert (done.returncode, done.stdout) == (8, "")
        assert said in done.stderr


def written(folder: Path, data: bytes) -> Path:
    (folder / "fingerprints").mkdir(exist_ok=True)
    (folder / "pack.toml").write_text('id = "ours"\nversion = "1"\n')
    (folder / "fingerprints/OUR-PLAN.bin").write_bytes(data)
    (folder / "fingerprints/known.toml").write_text(
        toml_of("OUR-PLAN", "image", data, {}, title="Our plan", severity="high")
    )
    return folder


def printed() -> bytes:
    found = image_print(photograph(1))
    assert found is not None
    return found.pack()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("OUR-PLAN.bin", "other.bin"), "other.bin: No such file"),
        (lambda text: text + "distance = 41\n", "asks for a distance of 41"),
        (lambda text: text + "distance = -1\n", "asks for a distance of -1"),
        (lambda text: text + 'distance = "far"\n', "match of OUR-PLAN"),
        (lambda text: text + "most = 1\n", "match of OUR-PLAN"),
    ],
)
def test_a_print_that_is_not_as_the_rule_says_does_not_load(
    tmp_path: Path, change: Callable[[str], str], said: str
) -> None:
    place = written(tmp_path, printed())
    rules = place / "fingerprints/known.toml"
    rules.write_text(change(rules.read_text()))
    with pytest.raises(RuleError, match=r"known\.toml:1: ") as told:
        Rulebook.load([place])
    assert said in str(told.value)


def test_a_print_of_nothing_does_not_load(tmp_path: Path) -> None:
    data = printed()
    for broken, said in ((b"EWPI", "no print of a picture"), (data[:5] + bytes(len(data) - 5), "in 0 of 64 parts")):
        with pytest.raises(RuleError, match=said):
            Rulebook.load([written(tmp_path, broken)])


def test_lint_warns_of_little_in_it_and_of_a_wide_distance(tmp_path: Path) -> None:
    grey = np.full((800, 800), 250, np.uint8)
    grey[::20, :200], grey[:240] = 0, photograph(3, 240, 800)
    grey[0], grey[-1] = 0, 0
    found = image_print(grey)
    assert found is not None
    place = written(tmp_path, found.pack())
    rules = place / "fingerprints/known.toml"
    rules.write_text(rules.read_text() + "distance = 25\n")
    done = earwitness("rules", "lint", place)
    assert "D405" in done.stdout
    assert "OUR-PLAN asks for a distance of 25" in done.stdout
    assert ("D404" in done.stdout) == (found.tiles < image_prints.DISTINCTIVE_TILES)


def test_what_the_rulebook_says_of_distances_is_what_is_searched() -> None:
    assert (image_prints.DISTANCE, image_prints.MOST_DISTANCE) == (search.DISTANCE, search.WIDEST)
