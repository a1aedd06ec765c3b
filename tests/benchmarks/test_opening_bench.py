"""The opening bench's own arithmetic, its files, and a small run of it."""

from __future__ import annotations

import io
import random
import tarfile
import zipfile
from pathlib import Path

from tests.benchmarks import opening_bombs, opening_mutations
from tests.benchmarks.opening_judging import holds_files, judge, row, scanned


def line(name: str, outcome: str, *inside: str, kind: str = "application/zip") -> dict[str, object]:
    return {"path": [name, *inside], "type": kind, "outcome": outcome, "matches": [], "reason": ""}


def test_a_file_is_found_stated_or_silent(tmp_path: Path) -> None:
    for name in ("found", "stated", "silent", "text", "missing"):
        (tmp_path / name).write_bytes(b"no archive at all")
    lines = [line("found", "clean"), line("found", "clean", "inner"), line("stated", "encrypted")]
    lines += [line("silent", "clean"), line("text", "clean", kind="text/plain")]
    verdict = judge(lines, tmp_path)
    assert (verdict.found, verdict.stated, verdict.both, verdict.neither) == (1, 1, 0, 2)
    assert (verdict.silent, verdict.missing) == (["silent"], ["missing"])
    assert row("x", verdict).split()[:6] == ["x", "5", "1", "1", "0", "2"]


def test_archives_of_folders_alone_hold_nothing(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "folders.zip", "w") as archive:
        archive.mkdir("a")
    with tarfile.open(tmp_path / "files.tar", "w") as tape:
        tape.addfile(tarfile.TarInfo("a"), io.BytesIO())
    assert not holds_files(tmp_path / "folders.zip")
    assert holds_files(tmp_path / "files.tar")


def test_the_flat_bomb_is_a_sound_archive() -> None:
    with zipfile.ZipFile(io.BytesIO(opening_bombs.flat_zip(8 << 20))) as archive:
        assert archive.testzip() is None
        assert archive.infolist()[0].file_size == 8 << 20


def test_damage_is_the_same_for_the_same_seed() -> None:
    data = bytes(range(256)) * 9
    one, other = ([opening_mutations.mutated(data, random.Random(3)) for _ in range(20)] for _ in range(2))
    assert one == other
    assert data not in one


def test_names_that_lead_out_write_nothing_and_every_file_is_told(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "escape.zip").write_bytes(opening_bombs.zipped(dict(opening_bombs.escapes())))
    (files / "escape.tar").write_bytes(opening_bombs.links() + opening_bombs.tarred(list(opening_bombs.escapes())))
    (files / "nest.zip").write_bytes(opening_bombs.nest(b"the end", levels=12, width=1))
    (files / "hole.tar").write_bytes(opening_bombs.sparse(1 << 43))
    verdict = scanned(files, tmp_path)
    assert verdict.files == verdict.found + verdict.stated + verdict.both == 4
    assert (verdict.died, verdict.killed, verdict.silent) == (0, 0, [])
    assert 10 < verdict.peak_mb < 512
    assert opening_bombs.escaped((Path("/tmp"), Path("/dev/shm"), tmp_path, tmp_path / "here")) == []
