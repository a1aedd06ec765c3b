"""What the doctor says of where clear audio could come to lie, and of who can open what is kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from forensics import exposure
from forensics.config import Config, Network
from forensics.exposure import custodians, memory_folder, swap
from forensics.sealing.custodian import new_key
from forensics.sensors.network.ringfolder import is_in_memory
from forensics.store.custodians import Custodians
from tests.cli.invoking import earwitness
from tests.sealing.people import custodians as keys
from tests.store.made import name_custodians


def test_a_ring_on_a_disk_is_said(tmp_path: Path) -> None:
    here = "ok" if is_in_memory(str(tmp_path)) else "limited"
    found = memory_folder(Config(network=Network(ring_folder=tmp_path)), tmp_path)
    assert (found.state, str(tmp_path) in found.detail) == (here, True)


def test_a_ring_that_memory_has_no_room_for_is_said(tmp_path: Path) -> None:
    found = memory_folder(Config(network=Network(ring_files=1 << 20)), tmp_path)
    assert found.state == "limited"
    assert "smaller" in found.detail
    assert memory_folder(Config(network=Network(ring_files=1, ring_file_mib=1)), tmp_path).state == "ok"


def test_with_fewer_than_two_custodians_content_is_said_not_to_be_kept(tmp_path: Path) -> None:
    assert (custodians(tmp_path).state, "not kept" in custodians(tmp_path).detail) == ("limited", True)
    for key in keys(2):
        public = tmp_path / f"{key.public.name}.pub"
        public.write_bytes(key.public.text)
        assert earwitness("--store", tmp_path, "custodian", "add", public).returncode == 0
    assert (custodians(tmp_path).state, "anna, boris" in custodians(tmp_path).detail) == ("ok", True)
    Custodians(tmp_path).add(new_key("mallory", os.urandom).public)
    assert (custodians(tmp_path).state, "mallory" in custodians(tmp_path).detail) == ("missing", True)
    (tmp_path / "custodians" / "zoe.pub").write_text("{}")
    assert "zoe" in custodians(tmp_path).detail


def test_custodians_without_a_store_are_doubted_and_nothing_fails(tmp_path: Path) -> None:
    name_custodians(tmp_path, 2)
    assert (custodians(tmp_path).state, "cannot be told" in custodians(tmp_path).detail) == ("limited", True)


@pytest.mark.parametrize(
    ("table", "state"),
    [("", "ok"), ("/dev/zram0 partition 1 0 5\n", "ok"), ("/dev/sda2 partition 1 0 5\n", "limited")],
)
def test_swap_in_clear_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, state: str) -> None:
    (tmp_path / "swaps").write_text(f"Filename Type Size Used Priority\n{table}")
    monkeypatch.setattr(exposure, "SWAPS", tmp_path / "swaps")
    assert swap().state == state
