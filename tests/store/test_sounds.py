"""How a clip was heard survives the store, a store from before opens, and the custody chain covers both."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.database import open_writer
from forensics.model import CustodyEntry, Sound
from forensics.store import custody, evidence, reader, schema
from forensics.store.sounds import packed_sound, unpacked_sound
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, latest, match, observation, verdict

HEARD = Sound(
    false_alarm=2.5e-7,
    pitch=1.05,
    family=("C-044", "C-\udc80\u202e"),
    clip_length_s=6.0,
    issued=(0, 1, (1 << 64) - 1),
    heard=(1 << 63, 1, 2),
    evidence=(3.5, -1.0, 12.0),
    waves_s=0.5,
    waves=(0.91, -0.2),
)


def record(folder: Path, key: str, sound: Sound | None) -> None:
    found = match(sound=sound, programme="translator" if sound else "")
    with Store.open(folder, actor="tester", clock=lambda: NOW) as store, store.group() as group:
        group.record(analysis(observation(key), [found]), verdict(), grouper=latest)


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A store as the first schema left it, with one alert."""
    folder = tmp_path / "older"
    record(folder, "before", None)
    connection = open_writer(folder / schema.FILE_NAME)
    first = evidence.of_observation(connection, 1, "1")
    connection.execute("DELETE FROM custody")
    connection.execute("DELETE FROM sqlite_sequence WHERE name = 'custody'")
    connection.execute("ALTER TABLE matches DROP COLUMN sound")
    connection.execute("ALTER TABLE matches DROP COLUMN programme")
    connection.execute("DROP TABLE opaque")
    connection.execute("PRAGMA user_version = 1")
    entry = CustodyEntry(actor="tester", action="record", subject="O1", detail="", time=NOW)
    facts = {"evidence": first, "alert": 1, "incident": 1}
    start = custody.Head(id=0, digest=custody.FIRST)
    agent = connection.execute("SELECT agent FROM epochs").fetchone()[0]
    custody.append(connection, entry, after=start, agent=agent, epoch=(1, 1), seq=99, facts=facts)
    connection.close()
    return folder


def test_what_was_heard_is_read_back(tmp_path: Path) -> None:
    record(tmp_path, "k", HEARD)
    detail = reader.alert_detail(reader.open_reader(tmp_path), 1)
    assert detail is not None
    [found] = detail.matches
    assert (found.sound, found.programme) == (HEARD, "translator")


@pytest.mark.parametrize(
    "change", ["programme = 'other'", "sound = replace(sound, '2.5e-07', '0.25')", "sound = ''", "sound = '{'"]
)
def test_what_was_changed_since_is_named(tmp_path: Path, change: str) -> None:
    record(tmp_path, "k", HEARD)
    connection = open_writer(tmp_path / schema.FILE_NAME)
    assert custody.verify(connection) == []
    connection.execute(f"UPDATE matches SET {change}")
    assert [each.subject for each in custody.verify(connection)] == ["O1"]
    connection.close()
    assert reader.alert_detail(reader.open_reader(tmp_path), 1) is not None


def test_an_older_store_opens_for_reading_and_writing_and_stays_whole(older: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(older, tmp_path / "copy"))
    detail = reader.alert_detail(reader.open_reader(copy), 1)
    assert detail is not None
    assert [(found.item, found.sound, found.programme) for found in detail.matches] == [("C-001", None, "")]
    record(older, "after", HEARD)
    connection = reader.open_reader(older)
    assert connection.execute("PRAGMA user_version").fetchone()[0] == schema.VERSION
    assert custody.verify(connection) == []


def test_nothing_can_be_added_to_what_an_older_store_recorded(older: Path) -> None:
    Store.open(older, actor="tester").close()
    connection = open_writer(older / schema.FILE_NAME)
    connection.execute("UPDATE matches SET sound = ?", [packed_sound(HEARD)])
    assert [each.subject for each in custody.verify(connection)] == ["O1"]


@given(st.text() | st.sampled_from(['{"family": 1}', "[]", "null", packed_sound(HEARD)[:-40] + "}"]))
def test_what_is_no_sound_is_none(text: str) -> None:
    assert unpacked_sound(text) is None
