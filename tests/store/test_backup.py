"""Copies of a store in use, stores made from copies, and what can be had of a damaged one."""

import random
import threading

import pytest

from forensics.content import Content
from forensics.database import PAGE_BYTES, open_writer
from forensics.errors import StoreError
from forensics.store import backup, custody, reader, schema
from forensics.store.requests import Requests
from forensics.store.writer import Store
from tests.store.made import analysis, latest, name_custodians, observation, unsealed, verdict


def fill(store, first, count):
    for number in range(first, first + count):
        with store.group() as group:
            content = Content.of(b"leak %d" % number)
            seen = analysis(observation(f"k{number}", content=content, name=f"clip-{number}.wav"))
            group.record(seen, verdict(), grouper=latest, kept={content.sha256: content})


def names(folder):
    connection = reader.open_reader(folder)
    found = {row.name for row in reader.queue(connection, limit=10_000)}
    connection.close()
    return found


def breaks(folder):
    connection = reader.open_reader(folder)
    found = custody.verify(connection)
    connection.close()
    return found


def test_a_copy_made_while_it_is_written_is_whole_and_cannot_sign(tmp_path):
    source, target = tmp_path / "store", tmp_path / "copy"
    with Store.open(source, actor="tester") as store:
        fill(store, 0, 10)
        writing = threading.Thread(target=fill, args=(store, 10, 60))
        writing.start()
        backup.copy(source, target)
        writing.join()
    assert {f"clip-{number}.wav" for number in range(10)} <= names(target)
    assert breaks(target) == []
    assert not (target / "signing.key").exists()
    with pytest.raises(StoreError, match="there already"):
        backup.copy(source, target)


def test_a_copy_has_the_sealed_content_but_no_key_of_a_request_and_nothing_clear(tmp_path):
    source, target = tmp_path / "store", tmp_path / "copy"
    keys = name_custodians(source, 2)
    with Store.open(source, actor="tester") as store:
        fill(store, 0, 1)
        Requests(source).begin("0" * 32, 1e12, random.randbytes)
        (source / "content").mkdir()
        (source / "content" / "clear").write_bytes(b"speech")
        backup.copy(source, target)
    assert not (target / "requests").exists()
    assert not (target / "content").exists()
    connection = reader.open_reader(target)
    digest = Content.of(b"leak 0").sha256
    assert unsealed(target, reader.kept_content(connection, digest), keys, digest) == b"leak 0"
    connection.close()


def test_a_restored_store_goes_on_as_a_new_epoch_and_merges_with_what_came_later(tmp_path):
    source, copied, restored = tmp_path / "store", tmp_path / "copy", tmp_path / "restored"
    with Store.open(source, actor="tester") as store:
        fill(store, 0, 5)
    backup.copy(source, copied)
    with Store.open(source, actor="tester") as store:
        fill(store, 5, 5)
    backup.restore(copied, restored)
    with Store.open(restored, actor="tester") as store:
        fill(store, 20, 5)
        assert sum(taken.added for taken in store.merge(source)) > 0
    assert breaks(restored) == []
    assert names(restored) == {f"clip-{number}.wav" for number in (*range(10), *range(20, 25))}
    connection = reader.open_reader(restored)
    logs = connection.execute("SELECT epoch, is_own FROM logs ORDER BY epoch").fetchall()
    connection.close()
    assert [tuple(row) for row in logs] == [(1, 0), (2, 1)]
    with pytest.raises(StoreError, match="already"):
        backup.restore(copied, restored)


def test_of_a_damaged_store_all_that_can_be_read_is_salvaged_and_the_rest_named(tmp_path):
    source, target = tmp_path / "store", tmp_path / "new"
    with Store.open(source, actor="tester") as store:
        fill(store, 0, 120)
    connection = open_writer(source / schema.FILE_NAME)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    root, pages = connection.execute(
        "SELECT rootpage, (SELECT page_count FROM pragma_page_count) FROM sqlite_schema WHERE name = 'entries'"
    ).fetchone()
    connection.close()
    path = source / schema.FILE_NAME
    data = bytearray(path.read_bytes())
    starts = [page * PAGE_BYTES for page in range(pages) if page + 1 != root]
    holding = [start for start in starts if b'["O1",' in data[start : start + PAGE_BYTES]]
    for start in random.Random(3).sample(holding, 3):
        data[start : start + PAGE_BYTES] = bytes(PAGE_BYTES)
    path.write_bytes(bytes(data))
    told = []
    with Store.open(target, actor="tester") as store:
        store.salvage(source, tell=told.append)
    [log] = told
    assert 60 < log.found < log.size
    assert 60 < len(names(target)) < 120
    missing = [found.reason for found in breaks(target) if "not where it belongs" in found.reason]
    assert missing
    with Store.open(target, actor="tester") as store:
        fill(store, 200, 2)


def test_what_is_no_store_cannot_be_copied_or_salvaged(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / schema.FILE_NAME).write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError):
        backup.copy(tmp_path / "x", tmp_path / "y")
    assert not (tmp_path / "y").exists()
    with Store.open(tmp_path / "z", actor="tester") as store, pytest.raises(StoreError):
        store.salvage(tmp_path / "x", tell=print)
