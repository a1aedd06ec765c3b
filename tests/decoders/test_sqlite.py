"""Databases give what their tables store, joined where it is spread, and what deletion left; no more than that."""

from __future__ import annotations

import base64
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.config import Limits
from forensics.errors import LimitReached, Malformed
from forensics.formats import sqlite_cells
from forensics.formats.sqlite_pages import free_pages, lost_content, pages_of
from forensics.resources import samples_folder
from tests.decoders.opening import Opened, encoded, opened, wav

CLIP = encoded("opus")
RECORDING = wav()[:44] + random.Random(4).randbytes(len(wav()) - 44)
Script = Callable[[sqlite3.Connection], object]


def database(script: Script, *pragmas: str) -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for pragma in ("secure_delete = OFF", *pragmas):
            connection.execute(f"PRAGMA {pragma}")
        script(connection)
        return connection.serialize()


def parts(result: Opened) -> dict[str, bytes]:
    return {part.name: part.content.bytes() for part in result.children}


def messages(connection: sqlite3.Connection) -> None:
    connection.execute('CREATE TABLE "a ""table""" (id INTEGER PRIMARY KEY, "the text" TEXT, sound BLOB)')
    rows = [(1, "good morning", None), (2, base64.b64encode(CLIP).decode(), CLIP), (3, "Grüße", wav()), (4, "x", None)]
    connection.executemany('INSERT INTO "a ""table""" VALUES (?, ?, ?)', rows)


@pytest.mark.parametrize("pragmas", [(), ("page_size = 512",), ("page_size = 65536", "encoding = 'UTF-16le'")])
def test_blobs_and_texts_are_parts(pragmas: tuple[str, ...]) -> None:
    found = parts(opened(database(messages, *pragmas), "chat.db"))
    assert found['a "table".sound-1.opus'] == CLIP
    assert found['a "table".sound-2.wav'] == wav()
    text = found['a "table".txt']
    assert text.startswith(b"good morning\n")
    assert "Grüße".encode() in text
    assert [child.content.bytes() for child in opened(text, "a.txt").children] == [CLIP]


def test_a_database_that_was_written_with_a_log_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        messages(connection)
    assert path.read_bytes()[18:20] == b"\2\2"
    result = opened(path.read_bytes(), "a.db")
    assert parts(result)['a "table".sound-1.opus'] == CLIP
    assert result.errors == []


def test_only_what_is_stored_is_read() -> None:
    def script(connection: sqlite3.Connection) -> None:
        connection.execute(
            "CREATE TABLE a (b BLOB PRIMARY KEY, c AS (zeroblob(999999999)), d AS (b) STORED) WITHOUT ROWID"
        )
        connection.execute("INSERT INTO a (b) VALUES (?)", (CLIP,))
        connection.execute("CREATE VIEW v AS SELECT zeroblob(999999999) FROM a")
        connection.execute("CREATE VIRTUAL TABLE f USING fts5(words)")
        connection.execute("INSERT INTO f VALUES ('nobody may read this')")

    result = opened(database(script), "a.db")
    assert result.errors == []
    found = parts(result)
    assert {found[name] for name in ("a.b-1.opus", "a.d-2.opus")} == {CLIP}
    assert not [name for name in found if name.startswith(("v", "f.", "a.c"))]
    assert b"nobody may read this" in found["f_content.txt"]


def test_a_schema_that_wants_to_act_is_refused() -> None:
    def script(connection: sqlite3.Connection) -> None:
        messages(connection)
        connection.execute("PRAGMA writable_schema = ON")
        body = "CREATE VIEW w AS SELECT load_extension('x'), writefile('y', 'z')"
        row = ("table", "w", "w", 2, body)
        connection.execute("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", row)

    result = opened(database(script), "a.db")
    assert len(result.errors) <= 1


@pytest.mark.parametrize("kind", ["<f4", "<i2"])
def test_a_recording_in_many_rows_is_joined(kind: str) -> None:
    """As Audacity keeps it: `samples` in blocks, and summaries beside them."""
    wide = (samples_folder() / "decoders/headerless_audio/s16be-16k/call-16000.raw").read_bytes()
    samples = np.frombuffer(wide, ">i2").astype(np.float64)
    data = (samples / 32768 if kind == "<f4" else samples).astype(kind).tobytes()

    def script(connection: sqlite3.Connection) -> None:
        connection.execute(
            "CREATE TABLE sampleblocks (blockid INTEGER PRIMARY KEY AUTOINCREMENT, sampleformat INTEGER, summin REAL,"
            " summax REAL, sumrms REAL, summary256 BLOB, summary64k BLOB, samples BLOB)"
        )
        for at in range(0, len(data), 20_000):
            row = (262_159, -1.0, 1.0, 0.1, bytes(240), bytes(12), data[at : at + 20_000])
            connection.execute("INSERT INTO sampleblocks VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", row)

    found = parts(opened(database(script, "application_id = 1096107097"), "song.aup3"))
    assert found["sampleblocks.samples.bin"] == data
    heard = opened(found["sampleblocks.samples.bin"], "sampleblocks.samples.bin")
    assert heard.facts["audio.codec"] == ("pcm_f32le" if kind == "<f4" else "pcm_s16le")


def deleted(size: int) -> bytes:
    def script(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE m (id INTEGER PRIMARY KEY, b BLOB)")
        connection.execute("INSERT INTO m VALUES (1, ?), (2, ?)", (b"stays" * 9, RECORDING * size))
        connection.execute("DELETE FROM m WHERE id = 2")

    return database(script)


def test_a_deleted_recording_is_put_together() -> None:
    image = deleted(1)
    data = parts(opened(image, "a.db"))["deleted-1.bin"]
    (start,) = {data.find(RECORDING[at : at + 64]) - at for at in range(30_000, 50_000, 1000)}
    assert data[start : start + 12] == RECORDING[:12]
    trunks, leaves = free_pages(pages_of(image))  # type: ignore[arg-type]
    assert len(trunks) == 1
    assert 10 < len(leaves) < 30


def test_what_follows_a_database_is_a_part() -> None:
    image = deleted(1)
    assert parts(opened(image + CLIP, "a.db"))[f"trailing@{len(image)}"] == CLIP


def test_wiped_pages_are_no_part() -> None:
    def script(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("CREATE TABLE m (b BLOB)")
        connection.execute("INSERT INTO m VALUES (?)", (wav(),))
        connection.execute("DELETE FROM m")

    assert parts(opened(database(script), "a.db")) == {}


def test_of_a_damaged_database_what_can_be_read_is_given() -> None:
    def script(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE before (b BLOB)")
        connection.execute("INSERT INTO before VALUES (?)", (CLIP,))
        connection.execute("CREATE TABLE m (id INTEGER PRIMARY KEY, b BLOB)")
        connection.executemany("INSERT INTO m VALUES (?, ?)", [(n, RECORDING) for n in range(6)])

    image = database(script)
    cut = opened(image[: len(image) * 2 // 3], "a.db")
    assert "malformed" in cut.raised(Malformed)
    assert parts(cut)["before.b-1.opus"] == CLIP
    assert sum(data.startswith(b"RIFF") for data in parts(cut).values()) >= 2
    broken = bytearray(image)
    broken[100:130] = random.Random(1).randbytes(30)
    result = opened(bytes(broken), "a.db")
    assert result.raised(Malformed)
    assert any(RECORDING[15_000:39_000] in data for data in parts(result).values())


def test_limits_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    words = database(
        lambda connection: [
            connection.execute("CREATE TABLE t (w TEXT)"),
            connection.executemany("INSERT INTO t VALUES (?)", [("word " * 99,)] * 4000),
        ]
    )
    assert "1 MiB of text" in opened(words, "a.db", limits=Limits(text_mib=1)).raised(LimitReached)
    monkeypatch.setattr(sqlite_cells, "_MOST_OWN_PARTS", 1)
    found = parts(opened(database(messages), "a.db"))
    assert found['a "table".sound.bin'] == wav()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 70_000), st.integers(0, 255)), max_size=30))
def test_any_image_ends(changes: list[tuple[int, int]]) -> None:
    image = bytearray(deleted(1))
    for at, value in changes:
        image[at % len(image)] = value
    opened(bytes(image), kind="application/vnd.sqlite3")
    if pages := pages_of(bytes(image)):
        list(lost_content(pages, lambda: None))
        list(lost_content(pages, lambda: None, is_listed=False))
