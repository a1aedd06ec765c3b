"""A monitor that finds its store damaged: it says so, puts it aside and goes on watching."""

from forensics.store import damage, reader, schema
from forensics.store.writer import Store
from tests.cli.watching import watching_folder


def test_a_monitor_with_a_damaged_store_goes_on_watching_and_says_so(tmp_path):
    store, watched = tmp_path / "store", tmp_path / "stick"
    watched.mkdir()
    Store.open(store, actor="tester").close()
    path = store / schema.FILE_NAME
    path.write_bytes(b"\xa5" * path.stat().st_size)
    with watching_folder(store, tmp_path, watched) as monitor:
        (watched / "note.txt").write_text("later")
        assert monitor.wait_for(lambda lines: any("damaged" in str(line) for line in lines))
        assert monitor.wait_for(lambda lines: any("note.txt" in str(line) for line in lines))
        monitor.stop()
    assert [each.read_bytes()[:1] for each in damage.aside(store)[0].glob("*.sqlite")] == [b"\xa5"]
    connection = reader.open_reader(store)
    assert "damaged" in reader.gaps(connection, limit=50)[-1].cause
    connection.close()
