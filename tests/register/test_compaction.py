import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from forensics import database
from forensics.errors import StoreError
from forensics.fingerprints.audio.index import AudioIndex
from forensics.register.book import Register
from forensics.register.compaction import FRESH_CLIPS
from forensics.register.schema import FILE
from forensics.register.segments import SegmentFolder
from forensics.register.storage import NewItem, RegisterWriter
from tests.fingerprints.audio.blobs import blob, random_blob
from tests.register.registering import CODES, issue, made_up


def clips(index: AudioIndex) -> list[str]:
    """The ids of all live clips."""
    found = []
    for number, segment in enumerate(index.segments):
        live = index.is_live(number, np.arange(len(segment)))
        found += [segment.id(ordinal) for ordinal in np.flatnonzero(live)]
    return found


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "register.audio").iterdir())


def test_clips_move_into_few_segments_and_stay_the_same(tmp_path: Path) -> None:
    with RegisterWriter.open(tmp_path) as writer:
        for number in range(31):
            writer.add_package(issue(number), made_up(number * 200, 200))
    book = Register.load(tmp_path)
    assert clips(book.audio) == [f"K-{n}" for n in range(6200)]
    assert len(book.audio) == 6200
    assert len(book.audio.segments) == 2
    fresh = book.audio.segments[-1]
    assert len(fresh) <= FRESH_CLIPS
    for segment in book.audio.segments:
        for ordinal in (0, len(segment) - 1):
            clip = segment.clip(ordinal)
            assert blob(clip.values, clip.is_usable) == random_blob(int(segment.id(ordinal)[2:]), CODES)
    assert len(files(tmp_path)) == len(book.audio.segments) - 1


def test_compacting_makes_no_reader_stale_and_takes_nothing_from_it(tmp_path: Path) -> None:
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(issue(0), made_up(0, 600))
        early, late = Register.load(tmp_path), Register.load(tmp_path)
        index = early.audio
        writer.add_package(issue(1), made_up(600, 500))
        assert early.is_stale()
        writer.add_package(issue(2), made_up(1100, 100))
        assert not set(files(tmp_path)) & set(early._segments)
        assert clips(index) == [f"K-{n}" for n in range(600)]
        assert index.segments[0].clip(5).values.sum() > 0
        assert len(late.audio) == 1200
        assert (late.item("K-599"), late.item("K-600")) != (None, None)
        assert late.item("K-600") is None


def test_a_segment_is_mapped_not_read(tmp_path: Path) -> None:
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(issue(0), made_up(0, 600))
    book = Register.load(tmp_path)
    (name,) = files(tmp_path)
    assert name in Path("/proc/self/maps").read_text("utf-8")
    assert not book.audio.segments[0].codes.flags.owndata
    assert not book.audio.segments[0].codes.flags.writeable
    assert (tmp_path / "register.audio").stat().st_mode & 0o077 == 0
    assert (tmp_path / "register.audio" / name).stat().st_mode & 0o077 == 0


def test_removal_is_seen_at_once_and_wears_a_segment_away(tmp_path: Path) -> None:
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(issue(0), made_up(0, 600))
        writer.add_package(issue(1), [*made_up(590, 20), NewItem(id="F", kind="file", name="f", sha256="f" * 64)])
        (before,) = files(tmp_path)
        book = Register.load(tmp_path)
        gone, unknown = writer.remove(["K-5", "K-605", "K-5", "nothing"])
        assert ([item.id for item in gone], unknown) == (["K-5", "K-605"], ["nothing"])
        assert gone[0].package == "P-0"
        assert book.item("K-5") is None
        assert not book.digest(f"{5:064x}")
        assert book.is_stale()
        book = Register.load(tmp_path)
        assert (len(book), len(book.audio)) == (609, 608)
        assert files(tmp_path) == [before]
        writer.remove(packages=["P-0"])
        book = Register.load(tmp_path)
        assert clips(book.audio) == [f"K-{n}" for n in range(590, 610) if n != 605]
        assert (book.package("P-0"), len(book), book.packages_of("K-590")) == (None, 20, ("P-1",))
        assert before not in files(tmp_path)
        writer.remove(packages=["P-1"])
        assert files(tmp_path) == []
        assert len(Register.load(tmp_path)) == 0
        writer.add_package(issue(0), made_up(0, 3))
    assert clips(Register.load(tmp_path).audio) == ["K-0", "K-1", "K-2"]


def test_an_issued_again_clip_is_found_once(tmp_path: Path) -> None:
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(issue(0), made_up(0, 600))
        writer.remove(["K-3"])
        writer.add_package(issue(0), made_up(3, 1))
        assert sorted(clips(Register.load(tmp_path).audio)) == sorted(f"K-{n}" for n in range(600))
        writer.add_package(issue(1), made_up(600, 600))
    assert Counter(clips(Register.load(tmp_path).audio)) == Counter(f"K-{n}" for n in range(1200))


def test_a_removed_clip_is_gone_although_it_was_on_its_way_into_a_segment(tmp_path: Path) -> None:
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(issue(0), made_up(0, 500))
        with SegmentFolder(tmp_path / FILE).claimed() as is_ours:
            assert is_ours
            writer.add_package(issue(1), made_up(500, 500))
            assert files(tmp_path) == []
            writer.remove(["K-0", "K-999", "K-10"])
        assert len(Register.load(tmp_path).audio) == 997
        writer.add_package(issue(2), made_up(1000, 1))
    assert len(files(tmp_path)) == 1
    assert len(Register.load(tmp_path).audio) == 998
    connection = database.open_reader(tmp_path / FILE)
    assert connection.execute("SELECT count(*) FROM removed").fetchone()[0] == 0
    connection.close()


@pytest.mark.parametrize("content", [None, b"", b"EWSG" + bytes(200)])
def test_a_missing_or_broken_segment_is_named(tmp_path: Path, content: bytes | None) -> None:
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(issue(0), made_up(0, 600))
        (name,) = files(tmp_path)
        path = tmp_path / "register.audio" / name
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(StoreError, match=name):
            Register.load(tmp_path)
        with pytest.raises(StoreError, match=name):
            writer.add_package(issue(1), made_up(600, 600))


def test_what_a_killed_process_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(issue(0), made_up(0, 600))
    folder = tmp_path / "register.audio"
    listed = files(tmp_path)
    for name in ("7-0123456789ab.seg", "7-0123456789ab.seg.part", "notes.txt"):
        (folder / name).write_bytes(b"x")
    RegisterWriter.open(tmp_path).close()
    assert files(tmp_path) == sorted([*listed, "notes.txt"])


def test_readers_see_whole_packages_while_another_process_registers(tmp_path: Path) -> None:
    size = 200
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.register.registering", str(tmp_path), str(size)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert child.stdout is not None
    try:
        for _ in range(12):
            child.stdout.readline()
            book = Register.load(tmp_path)
            child.stdout.readline()
            counts = Counter(int(identity[2:]) // size for identity in clips(book.audio))
            assert set(counts.values()) <= {size}
            assert len(book) % size == 0
            known = {item.id for package in book.packages for item in book.items_of(package)}
            assert {int(identity[2:]) // size for identity in known} <= set(counts)
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def test_killed_at_any_moment_it_holds_what_was_before_or_after(tmp_path: Path) -> None:
    size = 300
    for number in range(6):
        folder = tmp_path / str(number)
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.register.registering", str(folder), str(size)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).resolve().parents[2],
        )
        assert child.stdout is not None
        for _ in range(2 + 2 * number):
            child.stdout.readline()
        time.sleep(0.013 * number)
        os.kill(child.pid, signal.SIGKILL)
        told = 2 + 2 * number + len(child.stdout.read().split())
        child.wait()
        child.stdout.close()
        book = Register.load(folder)
        held = {int(package[2:]) for package in book.packages}
        kept = {n for n in range(told + 1) if n % 3 or n + 2 >= told - 1}
        assert kept - {told, told - 3} <= held <= kept
        expected = sorted(f"K-{n}" for package in held for n in range(package * size, (package + 1) * size))
        assert sorted(clips(book.audio)) == expected
        assert len(book) == len(expected)
        with RegisterWriter.open(folder) as writer:
            writer.add_package(issue(10**6), made_up(10**6, 600))
        assert len(Register.load(folder).audio) == len(expected) + 600
        listed = Register.load(folder)._segments
        assert files(folder) == sorted(listed)
