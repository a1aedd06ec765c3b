"""What a person who is watched can see, and what nobody ever keeps."""

import json
from dataclasses import fields, is_dataclass

import pytest

from forensics import model
from forensics.cli.settings import _settings
from forensics.config import Config
from forensics.database import open_reader
from forensics.model import Subject
from forensics.resources import samples_folder
from forensics.store.tags import PREFIXES
from forensics.store.writer import Store
from tests.cli.test_verify import run
from tests.store.made import analysis, called, observation, verdict

FORBIDDEN = (
    "key_press",
    "keystroke",
    "idle",
    "activity",
    "screen",
    "mouse",
    "window",
    "typing",
    "productiv",
    "location",
)


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path, actor="tester") as opened, opened.group() as group:
        for number, user in enumerate(("user1", "user1", "user_1", "user2")):
            subject = Subject(host="ws-1", user=user, process="cp")
            seen = analysis(observation(f"k{number}", subject=subject))
            group.record(seen, verdict(is_alert=number != 1), grouper=lambda *_: None)
    return tmp_path


def test_a_person_sees_what_is_kept_and_who_looked(store):
    before = json.loads(run(store, "what-is-kept", "--user", "user1", "--json").stdout)
    assert [(each["channel"], each["recorded"], each["alerts"]) for each in before["channels"]] == [("removable", 2, 1)]
    assert before["accesses"] == []
    run(store, "show", "A1")
    run(store, "show", "A3")
    run(store, "incident", "ack", "I1", "--note", "asking")
    text = run(store, "what-is-kept", "--user", "user1").stdout
    assert "read A1" in text
    assert "A3" not in text
    assert f"read person {called(store, 'user1')}" in text
    assert "state I1" in text
    assert "30 days" in text
    assert run(store, "what-is-kept", "--user", "nobody").stdout.splitlines()[1] == "  nothing"


def test_a_person_can_contest(store):
    done = run(store, "what-is-kept", "--user", "user1", "--contest", "A1", "--because", "sent by \x1b mistake")
    assert done.returncode == 0
    shown = run(store, "show", "A1").stdout
    assert f"{called(store, 'user1')}: contest A1 sent by <001B> mistake" in shown
    assert run(store, "what-is-kept", "--contest", "A9", "--because", "x").returncode == 8
    assert run(store, "what-is-kept", "--contest", "A1").returncode == 2


def test_the_schema_has_no_place_for_what_people_do_all_day(store):
    connection = open_reader(store / "evidence.sqlite")
    names = [
        column["name"]
        for table in connection.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')").fetchall()
        for column in connection.execute(f'PRAGMA table_xinfo("{table["name"]}")').fetchall()
    ]
    fields = [name for row in connection.execute("SELECT fields FROM shapes") for name in json.loads(row["fields"])]
    connection.close()
    assert len(names) > 100
    assert [name for name in (*names, *fields) if any(word in name.lower() for word in FORBIDDEN)] == []


def test_nothing_on_the_way_to_the_store_has_a_place_for_it_either():
    """Sensors speak in these types, and the facts and counters they fill are named in code."""
    types = [each for each in vars(model).values() if isinstance(each, type) and is_dataclass(each)]
    assert len(types) > 15
    names = [field.name for each in types for field in fields(each)]
    names += [name for name, _, _ in _settings(Config, "")] + [*PREFIXES]
    assert len(names) > 150
    assert [name for name in names if any(word in name.lower() for word in FORBIDDEN)] == []


def test_what_is_recorded_of_real_files_names_no_such_fact(tmp_path):
    run(tmp_path, "scan", str(samples_folder() / "packages"), str(samples_folder() / "decoders"))
    connection = open_reader(tmp_path / "evidence.sqlite")
    facts = {name for row in connection.execute("SELECT facts FROM artifacts") for name in json.loads(row["facts"])}
    connection.close()
    assert facts
    assert [name for name in facts if any(word in name.lower() for word in FORBIDDEN)] == []
