"""Pictures that are registered, and what was made of them, through the real commands."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from pathlib import Path

import numpy as np

from forensics.register.book import Register
from forensics.register.schema import FILE
from tests.cli.invoking import earwitness
from tests.fingerprints.image.drawing import cropped, encoded, framed, page, photograph, resized


def register(store: Path, *paths: Path, package: str = "P-1") -> str:
    arguments = ("--programme", "translator", "--recipient", "r-17", "--package", package)
    done = earwitness("--store", store, "register", *paths, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def identified(store: Path, *paths: Path) -> list[dict[str, object]]:
    """The answers, without reading the words in pictures."""
    settings = written(store.parent / "earwitness.toml", b"[limits]\npicture_seconds = 0\n")
    done = earwitness("--store", store, "--config", settings, "identify", *paths, "--json")
    assert done.returncode in (0, 1), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def written(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_picture_is_registered_found_again_and_removed(tmp_path: Path) -> None:
    store = tmp_path / "store"
    screen = written(tmp_path / "in/screen.png", encoded(page(1), "png"))
    photo = written(tmp_path / "in/photo.jpg", encoded(photograph(7), "jpeg", 4))
    assert "P-1/screen.png" in register(store, screen, photo)
    leaked = tmp_path / "leaked.zip"
    small = encoded(resized(cropped(framed(page(1), 0.05, 0), 0.03), 700, 500), "jpeg", 12)
    with zipfile.ZipFile(leaked, "w") as archive:
        archive.writestr("IMG_1.jpg", small)
    other = written(tmp_path / "other.png", encoded(page(2), "png"))
    found, nothing = identified(store, leaked, other)
    [match] = found["matches"]  # type: ignore[misc]
    assert (match["rule"], match["clip"], match["package"]) == ("registered-image", "P-1/screen.png", "P-1")
    assert "distance 0 of 12, by chance: 1 in " in match["why"][0]["text"]
    assert (nothing["matches"], nothing["outcome"]) == ([], "clean")
    told = earwitness("--store", store, "scan", leaked).stdout
    assert "registered-image P-1/screen.png (score 1.00, " in told
    assert " parts agree, distance 0 of 12, by chance: 1 in " in told
    assert earwitness("--store", store, "unregister", "P-1/screen.png").returncode == 0
    [gone] = identified(store, leaked)
    assert gone["matches"] == []
    with sqlite3.connect(store / FILE) as database:
        assert database.execute("SELECT count(*) FROM pictures").fetchone() == (1,)


def test_what_is_flat_is_known_by_its_bytes_alone(tmp_path: Path) -> None:
    store = tmp_path / "store"
    flat = written(tmp_path / "flat.png", encoded(np.full((300, 400), 240, np.uint8), "png"))
    line = next(each for each in register(store, flat).splitlines() if "flat.png" in each)
    assert "weak" in line
    same = written(tmp_path / "same.bmp.png", flat.read_bytes())
    again = written(tmp_path / "again.jpg", encoded(np.full((300, 400), 240, np.uint8), "jpeg", 8))
    exact, converted = identified(store, same, again)
    assert [match["rule"] for match in exact["matches"]] == ["registered-digest"]  # type: ignore[attr-defined]
    assert converted["matches"] == []


def test_an_older_register_learns_its_pictures_when_they_are_registered_again(tmp_path: Path) -> None:
    store = tmp_path / "store"
    photo = written(tmp_path / "photo.png", encoded(photograph(3), "png"))
    register(store, photo)
    with sqlite3.connect(store / FILE) as database:
        database.execute("DROP TABLE pictures")
    assert not Register.load(store).has_pictures
    assert len(Register.load(store).pictures) == 0
    assert "known" in register(store, photo)
    assert len(Register.load(store).pictures) == 1


def test_a_picture_that_cannot_be_read_is_said_once_and_kept_by_its_bytes(tmp_path: Path) -> None:
    store = tmp_path / "store"
    register(store, written(tmp_path / "photo.png", encoded(photograph(3), "png")))
    broken = written(tmp_path / "broken.png", encoded(photograph(4), "png")[:60])
    bomb = bytearray(encoded(photograph(4), "png"))
    bomb[16:24] = (65_000).to_bytes(4, "big") * 2
    large = written(tmp_path / "large.png", bytes(bomb))
    first, second = identified(store, broken, large)
    assert (first["outcome"], second["outcome"]) == ("partial", "too_large")
    assert str(first["reason"]).count("not readable as a picture") == 1
    assert str(second["reason"]).count("65000 x 65000") == 1
