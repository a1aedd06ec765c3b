"""Every form of an export: valid, complete, and harmless to whoever opens it."""

from __future__ import annotations

import csv
import json
import re
import uuid
from dataclasses import replace
from typing import Any

import pytest
import stix2

from forensics.model import AlertState
from forensics.reports.casefile import CaseFile
from forensics.reports.formats.stix import observable
from forensics.reports.forms import FORMS
from forensics.reports.tables import original
from forensics.text_safety import has_hidden, visible
from tests.reports.made import HOSTILE, LEAK


def written(case: CaseFile, form: str) -> dict[str, str]:
    return {name: "".join(texts) for name, texts in FORMS[form].files(case)}


def events(case: CaseFile, form: str) -> list[dict[str, Any]]:
    (text,) = written(case, form).values()
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("form", FORMS)
def test_no_form_holds_content_or_what_a_terminal_obeys(case: CaseFile, form: str) -> None:
    for text in written(case, form).values():
        assert LEAK.decode() not in text
        assert not any(has_hidden(line) for line in text.replace("\r\n", "\n").split("\n"))
        text.encode()


def test_jsonl_has_every_text_as_it_was_seen(case: CaseFile) -> None:
    lines = events(case, "jsonl")
    assert [line["kind"] for line in lines].count("finding") == 3
    assert {"gap", "unread", "act"} <= {line["kind"] for line in lines}
    assert lines[0]["sighting"]["name"] == HOSTILE


def test_sheets_are_read_back_and_run_nothing(case: CaseFile) -> None:
    tables = written(case, "csv")
    assert set(tables) == {f"{name}.csv" for name in ("findings", "artifacts", "matches", "gaps", "unread", "custody")}
    for text in tables.values():
        rows = list(csv.reader(text.splitlines(keepends=True)))
        assert len({len(row) for row in rows}) == 1
        cells = [cell for row in rows for cell in row if not cell.startswith("'")]
        assert not any(cell.lstrip(' \t"').startswith(("=", "+", "-", "@")) for cell in cells)
    findings = list(csv.DictReader(tables["findings.csv"].splitlines(keepends=True)))
    assert findings[0]["name"].startswith("'=cmd")
    assert original(findings[0]["name"]) == visible(HOSTILE)


def test_timesketch_lines_have_what_its_importer_needs(case: CaseFile) -> None:
    lines = events(case, "timesketch")
    for line in lines:
        assert line["message"]
        assert line["timestamp_desc"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line["datetime"])
    assert [line["datetime"] for line in lines] == sorted(line["datetime"] for line in lines)


REQUIRED = {
    "": ("activity_id", "category_uid", "class_uid", "finding_info", "metadata", "severity_id", "time", "type_uid"),
    "finding_info": ("title", "uid"),
    "metadata": ("product", "version"),
    "device": ("type_id",),
    "file": ("name", "type_id"),
}
"""What OCSF requires of the class and of the objects in use."""


def test_ocsf_events_have_what_the_class_requires(case: CaseFile) -> None:
    lines = events(case, "ocsf")
    assert len(lines) == 2
    for line in lines:
        for name, required in REQUIRED.items():
            values = line[name] if name else line
            assert all(key in values for key in required), name
        assert (line["class_uid"], line["category_uid"]) == (2006, 2)
        assert line["type_uid"] == line["class_uid"] * 100 + line["activity_id"]
        for digest in line["file"]["hashes"]:
            assert (digest["algorithm_id"], len(digest["value"])) == (3, 64)
    assert lines[1]["dst_endpoint"] == {"ip": "198.51.100.7", "port": 8080}
    assert (lines[0]["activity_id"], lines[0]["status_id"]) == (2, 2)
    assert (lines[1]["activity_id"], lines[1]["is_alert"]) == (1, True)


def test_an_alert_that_was_closed_is_resolved_in_ocsf(case: CaseFile) -> None:
    first = case.findings[0]
    assert first.alert is not None
    closed = replace(first, alert=replace(first.alert, state=AlertState.CLOSED))
    (event,) = events(replace(case, findings=(closed,)), "ocsf")
    assert (event["activity_id"], event["status_id"], event["is_alert"]) == (3, 4, False)


def test_ecs_events_keep_to_the_values_that_are_allowed(case: CaseFile) -> None:
    lines = events(case, "ecs")
    assert [line["event"]["category"] for line in lines] == [["file"], ["network"]]
    for line in lines:
        assert (line["event"]["kind"], line["event"]["type"]) == ("alert", ["info"])
        assert line["ecs"]["version"].startswith("8.")
    assert lines[1]["destination"] == {"address": "198.51.100.7", "ip": "198.51.100.7", "port": 8080}
    assert lines[0]["threat"]["technique"]["id"] == ["T1052.001"]


def test_cef_is_escaped_as_its_rules_say(case: CaseFile) -> None:
    first = case.findings[0]
    assert first.alert is not None
    odd = replace(first, alert=replace(first.alert, title="a|b\\c=d\ne", reason="x=y\\z\nw"))
    (line,) = "".join(written(replace(case, findings=(odd,)), "cef").values()).splitlines()
    header = re.split(r"(?<!\\)\|", line, maxsplit=7)
    assert len(header) == 8
    assert header[:4] == ["CEF:0", "Earwitness", "Earwitness", header[3]]
    assert header[5:7] == ["a\\|b\\\\c=d<000A>e", "8"]
    fields = dict(re.findall(r"(\w+)=((?:\\.|[^=\\])*?)(?= \w+=|$)", header[7]))
    assert fields["msg"] == "x\\=y\\\\z<000A>w"
    assert fields["fileHash"] == first.detail.artifacts[0].sha256
    assert fields["cs1"] == "I1"


def test_stix_is_read_by_its_own_library_and_always_the_same(case: CaseFile) -> None:
    (text,) = written(case, "stix").values()
    bundle = stix2.parse(text, allow_custom=False)
    kinds = {each.type for each in bundle.objects}
    assert {"identity", "file", "network-traffic", "ipv4-addr", "observed-data", "indicator", "sighting"} <= kinds
    assert written(case, "stix") == {"stix.json": text}
    known = {each.id for each in bundle.objects}
    for each in bundle.objects:
        refs = [getattr(each, name) for name in ("sighting_of_ref", "created_by_ref", "dst_ref") if name in each]
        assert set(refs) <= known
    for name in ("user1", "ws-1", "browser"):
        assert name not in text


def test_ids_of_observables_are_those_the_specification_derives() -> None:
    digest = {"SHA-256": "ab" * 32}
    ours = observable("file", {"hashes": digest, "name": "ä.wav"}, size=1)
    assert ours["id"] == stix2.File(hashes=digest, name="ä.wav", size=1).id
    assert observable("ipv4-addr", {"value": "192.0.2.1"})["id"] == stix2.IPv4Address(value="192.0.2.1").id
    assert uuid.UUID(ours["id"].removeprefix("file--")).version == 5
