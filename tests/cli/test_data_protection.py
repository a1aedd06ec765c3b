"""The data-protection summary says all there is to say, and the same again while nothing changes."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from forensics.cli.settings import _settings
from forensics.config import Config
from forensics.reports.protection import BLANK
from forensics.reports.protection_words import FIELDS, GROUPS, SETTINGS
from forensics.store import reader
from forensics.store.shapes import ACT, ALERT, ARTIFACT, GAP, MATCH, OBSERVATION, OPAQUE, VERSIONS
from forensics.store.writer import Store
from tests.cli.invoking import earwitness
from tests.store.made import analysis, latest, name_custodians, observation, verdict


@pytest.fixture
def store(tmp_path: Path) -> Path:
    name_custodians(tmp_path, 2)
    with Store.open(tmp_path, actor="watch") as opened, opened.group() as group:
        group.record(analysis(observation("a")), verdict(), grouper=latest)
    return tmp_path


def test_every_setting_and_every_stored_field_is_told() -> None:
    assert {name for name, _, _ in _settings(Config, "")} == set(SETTINGS)
    stored = {*OBSERVATION, *GAP, *OPAQUE, *VERSIONS, *ACT} - {"shape"}
    assert stored == {name for name in GROUPS if name in stored}
    assert set(GROUPS.values()) <= set(FIELDS)
    assert {*ARTIFACT, *MATCH, *ALERT} - stored <= {
        *("number", "parent", "path", "media_type", "sha256", "outcome", "artifact", "rule", "matcher", "item"),
        *("package", "score", "accepted", "severity", "title", "programme", "why", "category", "technique"),
        *("query_start_s", "clip_start_s", "duration_s", "speed", "sound", "incident"),
    }, "tell of it under `artifacts`, `matches` or `alert`"


def test_it_says_what_runs_here(store: Path, tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text(
        'host = "ws\\u001b7"\n[[folders]]\nrole = "work"\npath = "/srv/work"\n[files]\nprivate = ["~/Private"]\n'
        "[privacy]\npseudonyms = false\n[keep]\ndays = 9\n"
    )
    done = earwitness("--store", store, "--config", config, "data-protection")
    assert done.returncode == 0
    for words in (
        "# Data protection: Earwitness on ws<001B>7",
        "`folders[].path` (folders whose files are examined): /srv/work",
        "never opened here: ~/Private",
        "content: 9 days",
        "sealed for anna, boris",
        "pseudonyms is switched off",
        "1 objects were examined, 1 recorded, 1 alerted",
        BLANK,
    ):
        assert words in done.stdout, words


def test_it_changes_only_where_something_changed(store: Path) -> None:
    _, first, second = (earwitness("--store", store, "data-protection").stdout.splitlines() for _ in range(3))
    changed = [one for one, other in zip(first, second, strict=True) if one != other]
    assert 0 < len(changed) < 3
    assert all("acts in the log" in line or "data-protection summary" in line for line in changed)
    connection = reader.open_reader(store)
    noted = [row["action"] for row in connection.execute("SELECT action FROM acts ORDER BY id DESC LIMIT 2")]
    connection.close()
    assert noted == ["data-protection summary"] * 2


def test_other_forms(store: Path) -> None:
    page = earwitness("--store", store, "data-protection", "--format", "html").stdout
    ElementTree.fromstring(page.removeprefix("<!DOCTYPE html>"))
    told = json.loads(earwitness("--store", store, "data-protection", "--format", "json").stdout)
    assert [part["title"] for part in told["sections"]][:2] == ["Controller", "Purpose and basis"]


def test_what_it_claims_fits_the_settings(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    with Store.open(tmp_path / "store", actor="watch"):
        pass
    config.write_text('[keep]\nfeatures_days = 30\n[custody]\nwitnesses = ["https://log.example/heads"]\n')
    told = earwitness("--store", tmp_path / "store", "--config", config, "data-protection").stdout
    for words in (
        "names are not kept, for there are fewer than two custodians",
        "no content is kept",
        "codes of all speech that leaves are stored",
        "codes of speech that left: 30 days",
        "nothing of its content: https://log.example/heads",
        "settings that widen what is seen: network.infer, files.sync, keep.features_days",
    ):
        assert words in told, words
    plain = earwitness("--store", tmp_path / "store", "data-protection").stdout
    assert "codes of all speech" not in plain.partition("## Where")[0].partition("## What is never")[2]
    assert "nothing of its content: nobody" in plain
