"""The ring's files: order over a wrapped counter, and empty ones."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.sensors.network.ringfiles import RingFile, has_packets, list_files

PCAP = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    length = 12 + len(body)
    return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", length)


def section(order: str) -> bytes:
    magic = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
    return block(0x0A0D0D0A, magic, order) + block(1, struct.pack(order + "HHI", 1, 0, 0), order)


def write(folder: Path, generation: int, number: int, data: bytes = PCAP) -> Path:
    path = folder / f"g{generation:04}_{number:05}_20260101120000.pcap"
    path.write_bytes(data)
    return path


def file_of(path: Path) -> RingFile:
    return RingFile(path=path, generation=1, number=1, size=path.stat().st_size, modified=0.0)


def test_generation_then_counter_order_files_and_others_are_left_alone(tmp_path: Path) -> None:
    for generation, number in ((2, 1), (1, 2), (10, 1), (1, 1)):
        write(tmp_path, generation, number)
    for name in ("lock", "keeper.json", "event-1.json", "note.pcap"):
        (tmp_path / name).touch()
    assert [(f.generation, f.number) for f in list_files(tmp_path)] == [(1, 1), (1, 2), (2, 1), (10, 1)]


def test_a_wrapped_counter_keeps_the_order(tmp_path: Path) -> None:
    for number in (1, 0, 99_998, 99_999, 2):
        write(tmp_path, 1, number)
    assert [f.number for f in list_files(tmp_path)] == [99_998, 99_999, 0, 1, 2]


@pytest.mark.parametrize("order", ["<", ">"])
def test_headers_alone_are_no_packets(tmp_path: Path, order: str) -> None:
    packet = block(6, struct.pack(order + "IIIII", 0, 0, 0, 0, 0), order)
    statistics = block(5, struct.pack(order + "III", 0, 0, 0), order)
    assert not has_packets(file_of(write(tmp_path, 1, 1)))
    assert has_packets(file_of(write(tmp_path, 1, 2, PCAP + b"\0" * 16)))
    assert not has_packets(file_of(write(tmp_path, 1, 3, section(order) + statistics)))
    assert has_packets(file_of(write(tmp_path, 1, 4, section(order) + packet)))
    gone = file_of(write(tmp_path, 1, 5))
    gone.path.unlink()
    assert not has_packets(gone)


@given(st.binary(max_size=200))
def test_any_bytes_are_judged(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = write(tmp_path_factory.getbasetemp(), 1, 1, b"\x0a\x0d\x0d\x0a" + data)
    assert has_packets(file_of(path)) in (True, False)
