"""A store that is damaged when it is opened: found, put aside untouched, and followed by a new log."""

import random
import shutil
import sqlite3

import pytest

from forensics.content import Content
from forensics.database import PAGE_BYTES, open_reader
from forensics.errors import EarwitnessError, StoreError
from forensics.store import custody, damage, reader, schema
from forensics.store.writer import Store
from tests.cli.invoking import earwitness
from tests.store.made import NOW, analysis, latest, name_custodians, observation, verdict
from tui.command import check


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A store with a write-ahead log beside it, as a power cut would leave it."""
    folder, copy = tmp_path_factory.mktemp("filled") / "store", tmp_path_factory.mktemp("copy") / "store"
    name_custodians(folder, 2)
    with Store.open(folder, actor="tester") as store:
        record(store, range(150))
    with Store.open(folder, actor="tester") as store:
        store.hold("A3", "an inquiry")
        record(store, range(150, 200))
        shutil.copytree(folder, copy)
    return copy


def record(store, numbers):
    for number in numbers:
        with store.group() as group:
            content = Content.of(b"leak %d" % number)
            seen = analysis(observation(f"k{number}", content=content, name=f"clip-{number}.wav"))
            group.record(seen, verdict(), grouper=latest, kept={content.sha256: content})


def header(path):
    path.with_name(f"{path.name}-wal").unlink()
    whole = path.read_bytes()
    path.write_bytes(b"\xa5" * 100 + whole[100:])


def magic_of_the_application(path):
    path.with_name(f"{path.name}-wal").unlink()
    whole = bytearray(path.read_bytes())
    whole[68] ^= 4
    path.write_bytes(whole)


def emptied(path):
    path.write_bytes(b"")


def gone(path):
    path.unlink()


def cut(share):
    def harm(path):
        with path.open("r+b") as file:
            file.truncate(int(path.stat().st_size * share))

    return harm


def log_of_another(path):
    other = path.parent.parent / "other.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE letters (text)")
    connection.executemany("INSERT INTO letters VALUES (?)", [("x" * 3000,)] * 50)
    connection.commit()
    shutil.copy(f"{other}-wal", f"{path}-wal")
    connection.close()
    path.with_name(f"{path.name}-shm").unlink()


HARMS = [header, magic_of_the_application, emptied, gone, cut(0.9), cut(0.5), cut(0.05), log_of_another]


def bytes_of(folder):
    return {each.name: each.read_bytes() for each in folder.glob(f"{schema.FILE_NAME}*") if not each.name.endswith("m")}


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__qualname__)
def test_what_is_damaged_is_put_aside_untouched_and_the_log_goes_on(filled, tmp_path, harm):
    folder = tmp_path / "store"
    shutil.copytree(filled, folder)
    harm(folder / schema.FILE_NAME)
    before = bytes_of(folder)
    assert damage.why_damaged(folder)
    aside = damage.put_aside(folder, now=lambda: NOW)
    assert aside is not None
    assert before.items() <= bytes_of(aside.folder).items()
    with Store.open(folder, actor="tester") as store:
        gap = store.begun_anew(aside)
        record(store, range(1000, 1010))
    assert gap.start <= gap.end
    connection = reader.open_reader(folder)
    assert custody.verify(connection) == []
    assert "damaged" in reader.gaps(connection, limit=5)[0].cause
    assert [row["epoch"] for row in connection.execute("SELECT epoch FROM logs")] == [aside.epoch + 1]
    connection.close()
    assert damage.put_aside(folder) is None
    assert len(damage.aside(folder)) == 1


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__qualname__)
def test_commands_say_it_and_what_to_do(filled, tmp_path, harm):
    folder, empty = tmp_path / "store", tmp_path / "empty"
    shutil.copytree(filled, folder)
    empty.mkdir()
    harm(folder / schema.FILE_NAME)
    before = bytes_of(folder)
    for call in (("search", "clip"), ("scan", empty)):
        done = earwitness("--store", folder, *call)
        assert done.returncode not in (0, 1) or damage.why_damaged(folder)
        assert "Traceback" not in done.stderr
        if harm in (header, emptied):
            assert "earwitness put-aside" in done.stderr
    if harm in (header, emptied, gone):
        assert bytes_of(folder) == before
    found = earwitness("--store", folder, "doctor")
    assert "earwitness put-aside" in found.stdout


def test_what_is_sound_or_not_ours_is_left_alone(filled, tmp_path):
    assert damage.why_damaged(filled) == ""
    assert damage.put_aside(tmp_path / "nowhere") is None
    (tmp_path / schema.FILE_NAME).write_bytes(b"Dear diary, " * 1000)
    assert damage.put_aside(tmp_path) is None
    assert [each.name for each in tmp_path.iterdir()] == [schema.FILE_NAME]


def test_a_store_that_is_gone_is_not_silently_made_again(filled, tmp_path):
    folder = tmp_path / "store"
    shutil.copytree(filled, folder)
    for harm in (emptied, gone):
        harm(folder / schema.FILE_NAME)
        with pytest.raises(StoreError, match="put-aside"):
            Store.open(folder, actor="tester")


def test_flipped_bits_anywhere_raise_only_what_a_person_can_read(filled, tmp_path):
    """Random damage in the pages: what a quick look finds is put aside, and salvage reads what is left of it."""
    dice, found, salvaged = random.Random(11), 0, 0
    for turn in range(40):
        folder = tmp_path / f"{turn}"
        shutil.copytree(filled, folder)
        path = folder / schema.FILE_NAME
        whole = bytearray(path.read_bytes())
        for _ in range(dice.choice((1, 20, 200))):
            whole[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
        path.write_bytes(whole)
        aside = damage.put_aside(folder)
        found += aside is not None
        try:
            with Store.open(folder, actor="tester") as store:
                if aside is not None:
                    store.begun_anew(aside)
                    record(store, range(3000, 3003))
        except EarwitnessError:
            assert aside is None, "a new store must be sound"
        if aside is not None:
            done = earwitness("--store", folder, "salvage", aside.folder)
            salvaged += done.returncode in (0, 1)
        shutil.rmtree(folder)
    assert found >= 8  # of turns with 1, 20 or 200 bits; the pages themselves differ from run to run
    assert salvaged * 2 >= found
    print(f"{found} of 40 found by the quick look, {salvaged} of them salvaged in part or whole")


def test_what_lies_sealed_survives_until_the_damaged_store_is_salvaged(filled, tmp_path):
    folder = tmp_path / "store"
    shutil.copytree(filled, folder)
    path = folder / schema.FILE_NAME
    path.with_name(f"{path.name}-wal").unlink()
    whole = bytearray(path.read_bytes())
    page = whole.index(b'"clip-100.wav"') // PAGE_BYTES * PAGE_BYTES
    whole[page : page + PAGE_BYTES] = b"\xff" * PAGE_BYTES
    path.write_bytes(whole)
    aside = damage.put_aside(folder)
    assert aside is not None
    with Store.open(folder, actor="tester") as store:
        assert store.shred_unnamed(before=1e12) == 0
        store.salvage(aside.folder, tell=lambda _: None)
    connection = open_reader(folder / schema.FILE_NAME)
    assert connection.execute("SELECT count(*) FROM content").fetchone()[0] > 100
    assert connection.execute("SELECT count(*) FROM holds").fetchone()[0] == 1
    connection.close()


def test_the_screen_refuses_a_damaged_store_with_what_to_do(filled, tmp_path):
    folder = tmp_path / "store"
    shutil.copytree(filled, folder)
    header(folder / schema.FILE_NAME)
    with pytest.raises(StoreError, match=r"put-aside.*salvage"):
        check(folder)
