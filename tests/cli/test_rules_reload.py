"""Rules that change under a running monitor: in force at once, or refused while the old ones stay."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from forensics.cli.context import Session
from forensics.cli.rules.group import rules
from forensics.config import Config
from forensics.examination import examine
from forensics.rulebook.editions import Editions
from forensics.store import custody, reader
from tests.cli.watching import Lines, Watching, watching_folder

RULE = """rule {name}
{{
    meta:
        id = "OUR-{NAME}"
        title = "The word {name}"
        description = "Files with that word."
        severity = "high"
        category = "package"
        technique = "T1213"
        author = "t"
        created = "2026-11-23"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $word = "{name}"
    condition:
        $word
}}
"""


class Place:
    """A monitor's folders: the pack that is edited, and the medium that is watched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store, self.medium, self.pack = (folder / name for name in ("store", "medium", "pack"))
        self.medium.mkdir()
        (self.pack / "yara").mkdir(parents=True)
        (self.pack / "pack.toml").write_text('id = "ours"\nversion = "1"\n')
        self.write("sugar")

    def write(self, *words: str, after: str = "") -> None:
        text = "\n".join(RULE.format(name=word, NAME=word.upper()) for word in words)
        (self.pack / "yara/words.yar").write_text(text + after)

    def drop(self, name: str, text: str) -> None:
        (self.medium / name).write_text(text)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def monitor(place: Place) -> Iterator[Watching]:
    with watching_folder(place.store, place.folder, place.medium, settings=f'rules = ["{place.pack}"]\n') as running:
        yield running


def told(lines: Lines, *, problem: bool) -> list[dict[str, Any]]:
    return [line["rules"] for line in lines if "rules" in line and bool(line["rules"]["problem"]) is problem]


def alerts(lines: Lines) -> set[tuple[str, str]]:
    """Names and rules of what alerted."""
    return {(line["path"][-1], match["rule"]) for line in lines if line.get("alert") for match in line["matches"]}


def test_a_changed_pack_is_in_force_and_what_lies_there_is_looked_at_again(place: Place, monitor: Watching) -> None:
    place.drop("a.txt", "sugar and flour")
    assert monitor.wait_for(lambda lines: ("a.txt", "OUR-SUGAR") in alerts(lines))
    place.write("sugar", "flour")
    assert monitor.wait_for(lambda lines: ("a.txt", "OUR-FLOUR") in alerts(lines))
    (change,) = told(monitor.lines, problem=False)
    assert change["generation"] == 2
    place.drop("b.txt", "flour alone")
    assert monitor.wait_for(lambda lines: ("b.txt", "OUR-FLOUR") in alerts(lines))
    assert monitor.stop() == 1
    connection = reader.open_reader(place.store)
    found = {row.name: reader.alert_detail(connection, row.id) for row in reader.queue(connection)}
    acts = [row["detail"] for row in connection.execute("SELECT detail FROM acts WHERE action = 'rules' ORDER BY id")]
    assert custody.verify(connection) == []
    connection.close()
    assert found["b.txt"] is not None
    assert found["b.txt"].versions.generation == 2
    assert [detail.partition(" (")[0] for detail in acts] == ["rules generation 1", "rules generation 2"]
    editions = list(Editions(place.store).all())
    assert sorted(each.generation for each in editions) == [1, 2]


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda place: place.write("sugar", after="\nrule half {"), "words.yar:"),
        (lambda place: place.write("sugar", "sugar"), "words.yar:"),
        (lambda place: (place.pack / "pack.toml").write_text('id = "starter"\n'), "is taken by"),
        (lambda place: (place.pack / "pack.toml").write_text('id = "ours"\nverzion = "1"\n'), "pack.toml:2"),
        (lambda place: place.pack.rename(place.folder / "gone"), "no such rule pack"),
    ],
)
def test_a_broken_pack_is_refused_and_the_old_rules_stay(
    place: Place, monitor: Watching, break_it: Any, words: str
) -> None:
    break_it(place)
    (refused,) = monitor.wait_for(lambda lines: told(lines, problem=True))
    assert words in refused["problem"]
    assert str(place.store) not in refused["problem"]
    place.drop("a.txt", "sugar and flour")
    assert monitor.wait_for(lambda lines: ("a.txt", "OUR-SUGAR") in alerts(lines))
    assert told(monitor.lines, problem=False) == []
    assert monitor.stop() == 1
    (finding,) = (each for each in examine(Config(), place.store) if each.name == "rules")
    assert (finding.state, words in finding.detail) == ("limited", True)
    listed = CliRunner().invoke(rules, ["list"], obj=Session(config=Config(), store=place.store), standalone_mode=False)
    assert "the monitor, " in listed.stderr
    assert words in listed.stderr
    assert [each.generation for each in Editions(place.store).all()] == [1]


@pytest.mark.slow
def test_a_pack_that_fails_its_own_samples_is_refused_until_it_does_not(place: Place, monitor: Watching) -> None:
    hits = place.pack / "samples/OUR-FLOUR/hit"
    hits.mkdir(parents=True)
    (hits / "bread.txt").write_text("water and salt")
    place.write("sugar", "flour")
    (refused,) = monitor.wait_for(lambda lines: told(lines, problem=True))
    assert "bread.txt: OUR-FLOUR is missed" in refused["problem"]
    (hits / "bread.txt").write_text("flour, water and salt")
    os.kill(monitor.pid, signal.SIGHUP)
    (change,) = monitor.wait_for(lambda lines: told(lines, problem=False))
    assert (change["tried"], change["generation"]) == (1, 2)
    cases = place.pack / "tests/OUR-FLOUR/bread.toml"
    cases.parent.mkdir(parents=True)
    cases.write_text('[[case]]\nname = "toast"\ninput = { text = "flour" }\nexpect = "none"\n')
    place.write("sugar", "flour", "salt")
    (_, refused) = monitor.wait_for(lambda lines: each if len(each := told(lines, problem=True)) > 1 else None)
    assert "bread.toml:1: OUR-FLOUR matches" in refused["problem"]


def test_nothing_is_dropped_while_rules_come_and_go(place: Place, monitor: Watching) -> None:
    """Files keep coming while the pack changes again and again; each is found by the rule that never left."""
    stopping = threading.Event()

    def change() -> None:
        number = 0
        while not stopping.wait(1.5):
            number += 1
            place.write("sugar", *(f"word{n}" for n in range(number % 4)))

    changing = threading.Thread(target=change)
    changing.start()
    try:
        for number in range(300):
            place.drop(f"{number}.txt", f"sugar {number}")
            time.sleep(0.03)
        wanted = {(f"{number}.txt", "OUR-SUGAR") for number in range(300)}
        assert monitor.wait_for(lambda lines: wanted <= alerts(lines))
    finally:
        stopping.set()
        changing.join()
    assert monitor.wait_for(lambda lines: len(told(lines, problem=False)) >= 2)
    assert told(monitor.lines, problem=True) == []
