"""Kept content: in envelopes alone, whole or not at all, destroyed when it is to be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from forensics.content import Content
from forensics.errors import Malformed, StoreError
from forensics.sealing.envelope import read_header
from forensics.store.blobs import FOLDER, Blobs, NotKeptError
from tests.store.made import name_custodians, unsealed

WRITER = """
import sys, time
from pathlib import Path
from forensics.content import Content
from forensics.store.blobs import Blobs

class Slow(Content):
    def chunks(self):
        yield b"first"
        print("writing", flush=True)
        time.sleep(600)

Blobs(Path(sys.argv[1])).put(Slow(data=b"first", size=5, sha256="ab" * 32))
"""


def partials(store: Path) -> list[Path]:
    return list((store / FOLDER).glob(".partial-*"))


def test_what_another_process_is_writing_stays_until_it_is_killed(tmp_path: Path) -> None:
    name_custodians(tmp_path)
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"writing\n"
        assert Blobs(tmp_path).sweep() == 0
        assert len(partials(tmp_path)) == 1
        writer.kill()
    assert Blobs(tmp_path).sweep() == 1
    assert not partials(tmp_path)


def test_what_is_kept_is_whole_opens_for_two_and_leaves_nothing_beside(tmp_path: Path) -> None:
    keys = name_custodians(tmp_path)
    blobs = Blobs(tmp_path)
    content = Content.of(os.urandom(3 << 20))
    path = blobs.put(content)
    assert unsealed(tmp_path, path, keys, content.sha256) == content.bytes()
    assert blobs.put(content) == path
    assert not partials(tmp_path)


def test_neither_bytes_nor_names_on_the_disk_tell_what_is_kept(tmp_path: Path) -> None:
    name_custodians(tmp_path / "one")
    name_custodians(tmp_path / "other")
    content = Content.of(b"recognisable " * 5000)
    one, other = (Blobs(tmp_path / name).put(content) for name in ("one", "other"))
    assert one != other
    for path in tmp_path.rglob("*"):
        assert content.sha256[:16] not in str(path)
        assert path.is_dir() or b"recognisable" not in path.read_bytes()
        assert path.is_dir() or content.sha256[:16].encode() not in path.read_bytes()


def test_with_fewer_than_two_custodians_nothing_is_written(tmp_path: Path) -> None:
    for count in (0, 1):
        store = tmp_path / str(count)
        store.mkdir()
        name_custodians(store, count)
        with pytest.raises(NotKeptError, match="fewer than two custodians"):
            Blobs(store).put(Content.of(b"speech"))
        assert not [path for path in store.rglob("*") if path.is_file() and path.suffix != ".pub"]


def test_a_custodian_who_comes_or_goes_is_noticed(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    with pytest.raises(NotKeptError):
        blobs.put(Content.of(b"before"))
    name_custodians(tmp_path, 2)
    assert blobs.put(Content.of(b"after"))
    blobs.custodians.remove("anna")
    with pytest.raises(NotKeptError):
        blobs.put(Content.of(b"later"))


def test_a_broken_key_keeps_content_from_being_sealed_for_the_others(tmp_path: Path) -> None:
    name_custodians(tmp_path, 2)
    (tmp_path / "custodians" / "zoe.pub").write_text("{}")
    with pytest.raises(NotKeptError, match="zoe"):
        Blobs(tmp_path).put(Content.of(b"speech"))


def test_destroyed_is_overwritten_and_gone(tmp_path: Path) -> None:
    name_custodians(tmp_path)
    blobs = Blobs(tmp_path)
    path = blobs.put(Content.of(b"speech" * 1000))
    os.link(tmp_path / path, tmp_path / "held by a copy")
    assert blobs.destroy(path)
    assert not (tmp_path / path).exists()
    with (tmp_path / "held by a copy").open("rb") as left, pytest.raises(Malformed):
        read_header(left)
    assert b'"share"' not in (tmp_path / "held by a copy").read_bytes()
    assert not blobs.destroy(path)


@pytest.mark.parametrize("path", ["/etc/passwd", "sealed/../evidence.sqlite", "evidence.sqlite", "sealed/ab/none"])
def test_a_path_from_a_foreign_hand_opens_nothing(tmp_path: Path, path: str) -> None:
    (tmp_path / "evidence.sqlite").write_bytes(b"x")
    with pytest.raises(StoreError):
        Blobs(tmp_path).open(path)
