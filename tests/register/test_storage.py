import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from forensics import database
from forensics.errors import InputError, StoreError
from forensics.fingerprints.text.shingles import Shingler
from forensics.register.book import Register
from forensics.register.schema import FILE
from forensics.register.storage import Issue, NewItem, RegisterWriter, Standing

ISSUE = Issue(package="P-1", programme="translator", recipient="r-1")
TEXT = "Doctor, I have lost nine kilos since March and my husband does not know why."


def clip(identity: str = "C-1", sha256: str = "a" * 64) -> NewItem:
    return NewItem(id=identity, kind="clip", name=f"{identity}.wav", sha256=sha256, seconds=4.2)


def text_item(writer: RegisterWriter, identity: str = "C-1:source-1", text: str = TEXT) -> NewItem:
    print_ = Shingler(writer.key).print(text, weak_below_bits=40)
    return NewItem(id=identity, kind="text", name="C-1", role="source", print=print_)


def test_what_is_registered_is_read_back(tmp_path: Path) -> None:
    with RegisterWriter.open(tmp_path, clock=lambda: 1000.0) as writer:
        added = writer.add_package(ISSUE, [clip(), text_item(writer)])
    assert [item.id for item in added] == ["C-1", "C-1:source-1"]
    book = Register.load(tmp_path)
    assert len(book) == 2
    assert book.package("P-1").recipient == "r-1"  # type: ignore[union-attr]
    assert book.package("P-1").issued == 1000.0  # type: ignore[union-attr]
    assert [item.id for item in book.digest("a" * 64)] == ["C-1"]
    assert book.item("C-1:source-1").role == "source"  # type: ignore[union-attr]
    assert [hit.item for hit in book.text.search(TEXT)] == ["C-1:source-1"]
    assert [item.id for item in book.items_of("P-1")] == ["C-1", "C-1:source-1"]


def test_the_register_holds_no_word_and_is_its_owners_alone(tmp_path: Path) -> None:
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(ISSUE, [text_item(writer)])
    data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for word in ("kilos", "husband", "March"):
        assert word.encode() not in data
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_registering_again_changes_nothing(tmp_path: Path) -> None:
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(ISSUE, [clip(), text_item(writer)])
        before = Register.load(tmp_path)
        assert writer.add_package(ISSUE, [clip(), text_item(writer)]) == []
    after = Register.load(tmp_path)
    assert (after.version, len(after)) == (before.version, len(before))
    assert not before.is_stale()


def test_another_recipient_and_another_package_are_added(tmp_path: Path) -> None:
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(ISSUE, [clip()])
        book = Register.load(tmp_path)
        writer.add_package(Issue(package="P-1", programme="translator", recipient="r-2"), [])
        writer.add_package(Issue(package="P-2", programme="translator", recipient="r-3"), [clip()])
    assert book.is_stale()
    book = Register.load(tmp_path)
    assert book.package("P-1").recipient == "r-1, r-2"  # type: ignore[union-attr]
    assert book.packages_of("C-1") == ("P-1", "P-2")
    assert book.item("C-1").package == "P-1"  # type: ignore[union-attr]


def test_other_content_under_the_same_id_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(ISSUE, [clip()])
        other = clip(sha256="b" * 64)
        assert writer.standing(other, "P-1") is Standing.CONTRADICTED
        assert writer.standing(other, "P-2") is Standing.OTHERS
        assert writer.standing(clip(), "P-2") is Standing.SAME
        with pytest.raises(InputError, match=r"C-1: already registered in P-1"):
            writer.add_package(Issue(package="P-2", programme="x", recipient="y"), [clip("C-2"), other])
        with pytest.raises(InputError, match="programme translator"):
            writer.add_package(Issue(package="P-1", programme="dictation", recipient="r-1"), [])
    book = Register.load(tmp_path)
    assert book.package("P-2") is None
    assert book.item("C-2") is None


def test_owners_of_a_clip_are_told_by_its_texts_too(tmp_path: Path) -> None:
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(ISSUE, [text_item(writer, "C-7:source-1"), text_item(writer, "C-70:source-1")])
        assert writer.owners("C-7") == {"P-1"}
        assert writer.owners("C-") == frozenset()


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_file_that_is_no_register_is_said_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(StoreError, match=FILE):
        Register.load(tmp_path)
    with pytest.raises(StoreError, match=FILE):
        RegisterWriter.open(tmp_path)
    assert (tmp_path / FILE).read_bytes() == content


def test_another_database_a_newer_schema_and_other_fingerprints_are_refused(tmp_path: Path) -> None:
    connection = database.open_writer(tmp_path / FILE)
    connection.execute("CREATE TABLE register_of_births (name TEXT)")
    connection.close()
    with pytest.raises(StoreError, match="not a register"):
        Register.load(tmp_path)
    for column, value, said in (
        ("schema", 99, "newer"),
        ("schema", 1, "older"),
        ("text_version", "text-0", "text-0"),
        ("audio_version", "audio-0", "audio-0"),
    ):
        folder = tmp_path / said
        RegisterWriter.open(folder).close()
        connection = database.open_writer(folder / FILE)
        connection.execute(f"UPDATE register SET {column} = ?", [value])
        connection.close()
        for use in (Register.load, RegisterWriter.open):
            with pytest.raises(StoreError, match=said):
                use(folder)


def test_damaged_fingerprints_are_a_store_error(tmp_path: Path) -> None:
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(ISSUE, [text_item(writer)])
    connection = database.open_writer(tmp_path / FILE)
    connection.execute("UPDATE texts SET shingles = x'0102'")
    connection.close()
    book = Register.load(tmp_path)
    with pytest.raises(StoreError, match="cannot be read"):
        _ = book.text


def test_a_register_without_checksums_loads_and_gets_them_when_registered_again(tmp_path: Path) -> None:
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(ISSUE, [clip()])
    connection = database.open_writer(tmp_path / FILE)
    connection.execute("DROP TABLE checksums")
    connection.close()
    old = Register.load(tmp_path)
    assert [item.id for item in old.digest("a" * 64)] == ["C-1"]
    assert old.of_size(900) == ()
    with RegisterWriter.open(tmp_path) as writer:
        assert writer.add_package(ISSUE, [replace(clip(), size=900, crc32=7)]) == []
        assert old.is_stale()
        book = Register.load(tmp_path)
        assert [item.id for item in book.of_size(900, 7)] == [item.id for item in book.of_size(900)] == ["C-1"]
        assert book.of_size(900, 8) == book.of_size(901, 7) == ()
        writer.remove(["C-1"])
    assert Register.load(tmp_path).of_size(900) == ()


def test_a_register_that_begins_to_exist_makes_the_empty_one_stale(tmp_path: Path) -> None:
    book = Register.load(tmp_path)
    assert (len(book), book.version, book.is_stale()) == (0, "none", False)
    with RegisterWriter.open(tmp_path) as writer:
        assert not book.is_stale()
        writer.add_package(ISSUE, [clip()])
    assert book.is_stale()


KILLED = """
import sys
from pathlib import Path
from forensics.register.storage import Issue, NewItem, RegisterWriter

def items():
    for number in range(10**9):
        if number == 500:
            print("begun", flush=True)
        yield NewItem(id=f"K-{number}", kind="clip", name="x", sha256=f"{number:064x}", codes=b"x" * 1000)

with RegisterWriter.open(Path(sys.argv[1])) as writer:
    writer.add_package(Issue(package="K", programme="p", recipient="r"), items())
"""


def test_a_registration_killed_in_the_middle_leaves_the_register_as_it_was(tmp_path: Path) -> None:
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(ISSUE, [clip()])
    before = Register.load(tmp_path)
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"begun\n"
    time.sleep(0.05)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    after = Register.load(tmp_path)
    assert (after.version, len(after), list(after.packages)) == (before.version, 1, ["P-1"])
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(ISSUE, [clip("C-2", "c" * 64)])
    assert len(Register.load(tmp_path)) == 2
