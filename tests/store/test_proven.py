"""Entries of a real store, as those who receive a bundle of them can check them."""

import hashlib

import pytest

from forensics.custody import bundle, keys, notes
from forensics.database import open_writer
from forensics.errors import StoreError
from forensics.store import reader, schema
from forensics.store.proven import proven
from forensics.store.writer import Store
from tests.custody.bundled import findings
from tests.store.made import analysis, latest, observation, verdict


def record(store, *names):
    with Store.open(store, actor="tester") as opened, opened.group() as group:
        for name in names:
            group.record(analysis(observation(name)), verdict(), grouper=latest)


@pytest.fixture
def store(tmp_path):
    """A store that was closed twice, so that there is a head after either half."""
    record(tmp_path / "store", *(f"a{number}" for number in range(7)))
    record(tmp_path / "store", *(f"b{number}" for number in range(5)))
    return tmp_path / "store"


def ids(connection, kind="O"):
    return [row["id"] for row in connection.execute("SELECT id FROM entries WHERE kind = ? ORDER BY id", [kind])]


def write(folder, part, store):
    """A bundle of that part, sealed with the store's key."""

    def opened(path):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        return (folder / path).open("wb")

    bundle.write(part, opened)
    files = sorted(path for path in (folder / "data").rglob("*") if path.is_file())
    with (folder / bundle.MANIFEST).open("wb") as out:
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
        paths = [path.relative_to(folder).as_posix() for path in files]
        bundle.write_manifest(out, zip(paths, digests, strict=True))
    key = keys.load_key(store, notes.Head.parse(part.heads[0].text).origin)
    seal = bundle.seal((folder / bundle.MANIFEST).read_bytes(), key, time=0)
    (folder / bundle.SEAL).write_text(str(seal), encoding="utf-8")


def test_some_entries_of_a_store_hold_as_a_recipient_sees_them(store, tmp_path):
    connection = reader.open_reader(store)
    seen = ids(connection)
    part = proven(connection, [seen[1], seen[2], seen[-1]])
    connection.close()
    write(tmp_path / "bundle", part, store)
    assert findings(tmp_path / "bundle") == []
    assert (len(part.entries), len(part.heads), len(part.consistency)) == (3, 2, 1)


def test_an_entry_that_no_head_counts_yet_is_not_for_others(store):
    with Store.open(store, actor="tester") as opened:
        with opened.group() as group:
            group.record(analysis(observation("new")), verdict(), grouper=latest)
        connection = reader.open_reader(store)
        with pytest.raises(StoreError, match="no signed head"):
            proven(connection, [ids(connection)[-1]])
        connection.close()


def test_an_entry_that_is_not_there_is_an_error(store):
    connection = reader.open_reader(store)
    with pytest.raises(StoreError, match="not in the evidence store"):
        proven(connection, [10_000])
    assert proven(connection, []).entries == []
    connection.close()


def test_a_head_that_does_not_hold_is_no_proof(store):
    writer = open_writer(store / schema.FILE_NAME)
    writer.execute("UPDATE heads SET note = replace(note, 'time 1', 'time 2')")
    writer.close()
    connection = reader.open_reader(store)
    with pytest.raises(StoreError, match="does not hold"):
        proven(connection, ids(connection)[:1])
    connection.close()
