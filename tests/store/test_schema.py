import sqlite3
import threading

import pytest

from forensics.database import open_writer
from forensics.errors import StoreError
from forensics.store import reader, schema
from forensics.store.writer import Store


def test_a_new_store_has_strict_tables_and_is_the_owners_alone(tmp_path):
    Store.open(tmp_path / "new", actor="test").close()
    connection = reader.open_reader(tmp_path / "new")
    rows = connection.execute("SELECT name, type, strict FROM pragma_table_list WHERE schema = 'main'").fetchall()
    own = [row for row in rows if row["type"] == "table" and not row["name"].startswith("sqlite_")]
    assert len(own) > 10
    assert all(row["strict"] for row in own)
    assert (tmp_path / "new" / schema.FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_a_file_that_is_no_database_is_refused_and_untouched(tmp_path):
    path = tmp_path / schema.FILE_NAME
    path.write_bytes(b"Dear diary, " * 1000)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a database"):
        Store.open(tmp_path, actor="test")
    with pytest.raises(StoreError):
        reader.open_reader(tmp_path)
    assert path.read_bytes() == before


def test_somebody_elses_database_is_refused_and_untouched(tmp_path):
    path = tmp_path / schema.FILE_NAME
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE letters (text)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not an evidence store"):
        Store.open(tmp_path, actor="test")
    with pytest.raises(StoreError, match="not an evidence store"):
        reader.open_reader(tmp_path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [schema.FILE_NAME]


def test_a_store_from_the_future_is_refused(tmp_path):
    Store.open(tmp_path, actor="test").close()
    connection = open_writer(tmp_path / schema.FILE_NAME)
    connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()
    with pytest.raises(StoreError, match="newer"):
        Store.open(tmp_path, actor="test")
    with pytest.raises(StoreError, match="newer"):
        reader.open_reader(tmp_path)


def test_a_folder_in_the_files_place_and_a_file_in_the_folders_place_are_refused(tmp_path):
    (tmp_path / "a" / schema.FILE_NAME).mkdir(parents=True)
    with pytest.raises(StoreError):
        Store.open(tmp_path / "a", actor="test")
    (tmp_path / "b").write_text("a file")
    with pytest.raises(StoreError):
        Store.open(tmp_path / "b", actor="test")
    with pytest.raises(StoreError, match="no store"):
        reader.open_reader(tmp_path / "nowhere")


def test_a_database_cut_short_is_an_error_and_not_a_traceback(tmp_path):
    Store.open(tmp_path, actor="test").close()
    path = tmp_path / schema.FILE_NAME
    whole = path.read_bytes()
    for size in (10, 100, 4096, len(whole) // 2):
        path.write_bytes(whole[:size])
        with pytest.raises(StoreError):
            Store.open(tmp_path, actor="test").close()


def test_an_empty_file_left_by_a_crash_becomes_a_store(tmp_path):
    (tmp_path / schema.FILE_NAME).touch()
    Store.open(tmp_path, actor="test").close()
    assert reader.counts(reader.open_reader(tmp_path)).observations == 0


@pytest.mark.parametrize("number", range(12))
def test_many_may_open_a_new_store_at_once(tmp_path, number):
    stores, errors = [], []

    def open_one():
        try:
            stores.append(Store.open(tmp_path, actor="test"))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=open_one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    connection = reader.open_reader(tmp_path)
    assert [row["epoch"] for row in connection.execute("SELECT epoch FROM logs")] == [1]
