"""`earwitness audit` as its users run it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from forensics.resources import samples_folder
from tests.benchmarks.identifier_carriers import chunk, wav, zipped
from tests.cli.invoking import earwitness


def test_packages_are_judged_with_every_reason_and_where_it_stands(tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    shutil.copytree(samples_folder() / "packages/TR-2041", packages / "TR-2041")
    shutil.copytree(samples_folder() / "packages/TR-2042", packages / "TR-2042")
    ixml = b"<BWFXML><DEVICE><SERIAL_NUMBER>F2LXK9Q1ABC</SERIAL_NUMBER></DEVICE></BWFXML>"
    (packages / "TR-2042/audio/more.wav").write_bytes(wav(chunk(b"iXML", ixml)))
    done = earwitness("--store", tmp_path / "s", "audit", packages, "--json")
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert done.returncode == 1
    assert (first["package"], first["verdict"], first["reasons"]) == ("TR-2041", "clean", [])
    assert (second["package"], second["verdict"]) == ("TR-2042", "identifying")
    (reason,) = second["reasons"]
    assert (reason["kind"], reason["path"]) == ("serial", ["TR-2042/audio/more.wav"])
    assert reason["where"].startswith("chunk at ")
    assert "F2LXK9Q1ABC" not in done.stdout
    people = earwitness("--store", tmp_path / "s", "audit", packages / "TR-2041")
    assert (people.returncode, people.stdout.split()[0]) == (0, "clean")
    assert not (tmp_path / "s").exists()


def test_what_was_not_read_is_never_clean(tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes(zipped({"a.txt": b"words " * 500})[:-40])
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    done = earwitness("--store", tmp_path / "s", "audit", tmp_path / "cut.zip")
    assert (done.returncode, done.stdout.split("  ")[0]) == (1, "not read")
    folder = earwitness("--store", tmp_path / "s", "audit", tmp_path, "--json")
    assert {each["path"] for each in json.loads(folder.stdout)["unread"]} >= {f"{tmp_path.name}/dangling"}
    assert earwitness("--store", tmp_path / "s", "audit", tmp_path / "none").returncode == 8


def test_a_name_in_an_author_field_is_a_trace_alone(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[31m.wav").write_bytes(wav(chunk(b"LIST", b"INFO" + chunk(b"IART", b"Ines Kramer\0"))))
    done = earwitness("--store", tmp_path / "s", "audit", tmp_path)
    assert (done.returncode, done.stdout.split()[0]) == (0, "traces")
    assert "Ines Kramer" not in done.stdout
    assert b"\x1b" not in done.output


def test_names_of_folders_count(tmp_path: Path) -> None:
    package = tmp_path / "in" / "for 356938035643809"
    package.mkdir(parents=True)
    (package / "a.txt").write_text("words")
    done = earwitness("--store", tmp_path / "s", "audit", tmp_path / "in")
    assert (done.returncode, done.stdout.split()[0]) == (1, "identifying")
