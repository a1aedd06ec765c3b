"""The bundle: its own verifier, BagIt's and those of its formats read it; a changed byte is found."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import bagit
import pytest
from lxml import etree

from forensics.custody import notes
from forensics.reports.bag import TAG_MANIFEST, export_bundle
from forensics.reports.casefile import incident_file
from forensics.reports.exporting import Task
from forensics.store import reader
from tests.reports.made import HOSTILE, LEAK, fill
from tests.store.made import NOW

DFXML = "{http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML}"
CASE_VALIDATE = shutil.which("case_validate")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    fill(folder)
    return folder


@pytest.fixture(scope="module")
def bag(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("bags") / "I1"
    task = Task(store=store, actor="tester", clock=lambda: NOW + 90)
    export_bundle(task, lambda connection: incident_file(connection, 1), place)
    return place


def verified(bag: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(bag / "verify.py"), str(bag)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_its_own_verifier_finds_all_of_it_whole(bag: Path) -> None:
    done = verified(bag)
    assert done.returncode == 0, done.stdout
    entries = [json.loads(line) for line in (bag / "data/custody/log.jsonl").read_text().splitlines()]
    kinds = {json.loads(entry["body"])[0][0] for entry in entries}
    assert kinds == {"O", "G", "Q", "V", "C"}
    assert json.loads((bag / "data/incident.json").read_text())["proofs"] == {"not_yet_counted_by_a_head": []}


def test_the_validator_of_bagit_accepts_it(bag: Path) -> None:
    assert bagit.Bag(str(bag)).validate()
    done = subprocess.run(["sha256sum", "--strict", "-c", TAG_MANIFEST], cwd=bag, capture_output=True, check=False)
    assert done.returncode == 0


def test_custody_has_the_digest_of_the_tag_manifest(store: Path, bag: Path) -> None:
    digest = hashlib.sha256((bag / TAG_MANIFEST).read_bytes()).hexdigest()
    connection = reader.open_reader(store)
    acts = [(act.action, act.detail) for act in reader.custody(connection, "I1") if act.action in ("read", "export")]
    connection.close()
    assert acts == [("read", "export bundle"), ("export", f"bundle, {TAG_MANIFEST} sha256 {digest}")]


@pytest.mark.parametrize("name", ["data/report.html", "data/custody/log.jsonl", "data/csv/gaps.csv"])
def test_a_changed_byte_is_found(bag: Path, tmp_path: Path, name: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(bag, copy)
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)
    assert verified(copy).returncode == 1


def test_the_seal_is_a_note_of_the_logs_own_key(bag: Path) -> None:
    note = notes.Note.parse((bag / "seal.txt").read_bytes())
    assert hashlib.sha256((bag / "manifest-sha256.txt").read_bytes()).hexdigest() in note.text


def test_no_content_is_anywhere_in_it(bag: Path) -> None:
    for path in bag.rglob("*"):
        assert path.is_dir() or LEAK not in path.read_bytes()


ORDER = ("filename", "id", "name_type", "filesize", "libmagic", "byte_runs", "hashdigest")
"""As the schema of DFXML demands for the elements in use."""


def test_dfxml_has_the_order_and_the_ranges_that_its_schema_demands(bag: Path) -> None:
    root = etree.fromstring((bag / "data/dfxml.xml").read_bytes())
    assert [etree.QName(each).localname for each in root][:3] == ["metadata", "creator", "source"]
    objects = root.findall(f"{DFXML}fileobject")
    assert len(objects) == 5
    for each in objects:
        names = [etree.QName(child).localname for child in each]
        assert names == [name for name in ORDER if name in names]
    first = objects[0]
    runs = [
        (int(run.get("file_offset")), int(run.get("len")), run.get("type")) for run in first.iter(f"{DFXML}byte_run")
    ]
    assert runs == [(0, 3, None), (3, 6, "missing"), (9, len(LEAK) - 9, None)]
    assert first.findtext(f"{DFXML}hashdigest") == hashlib.sha256(LEAK).hexdigest()
    assert HOSTILE not in etree.tostring(root, encoding="unicode")


def test_case_names_every_object_it_refers_to(bag: Path) -> None:
    graph = json.loads((bag / "data/case.jsonld").read_text())["@graph"]
    known = {node["@id"] for node in graph}
    assert len(known) == len(graph)
    assert references(graph) <= known
    kinds = {node["@type"].partition(":")[2] for node in graph}
    assert {"Investigation", "InvestigativeAction", "ProvenanceRecord", "File", "NetworkConnection", "Tool"} <= kinds


def references(value: Any) -> set[str]:
    """The ids of all nodes that are only referred to."""
    if isinstance(value, dict):
        if set(value) == {"@id"}:
            return {value["@id"]}
        return set().union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


@pytest.mark.slow
@pytest.mark.skipif(CASE_VALIDATE is None, reason="case-utils is not installed")
def test_case_conforms_to_the_shapes_of_its_ontology(bag: Path) -> None:
    command = [str(CASE_VALIDATE), "--built-version", "case-1.4.0", str(bag / "data/case.jsonld")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "Conforms: True" in done.stdout
