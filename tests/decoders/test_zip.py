from __future__ import annotations

import io
import json
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.config import Limits
from forensics.errors import Encrypted, LimitReached, Malformed
from tests.decoders.opening import opened, run_7z, wav


def made(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.comment = comment
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_yields_members_with_their_names_as_text() -> None:
    result = opened(made({"fr/ménu.xliff": b"<x/>" * 9, "../../etc/passwd": b"no path", "/abs": b"x", "empty": b""}))
    assert result.names == ["fr/ménu.xliff", "../../etc/passwd", "/abs", "empty"]
    assert result.child("../../etc/passwd") == b"no path"
    assert result.errors == []


@pytest.mark.parametrize("method", ["Copy", "Deflate", "BZip2", "LZMA", "PPMd"])
def test_reads_the_methods_tools_use(method: str, tmp_path: Path) -> None:
    data = run_7z(tmp_path, "a.zip", "-tzip", f"-mm={method}", files={"clip.wav": wav()})
    assert opened(data).child("clip.wav") == wav()


def test_unknown_method_is_partly_read_not_clean(tmp_path: Path) -> None:
    data = run_7z(tmp_path, "a.zip", "-tzip", "-mm=Deflate64", files={"clip.wav": wav()})
    result = opened(data)
    assert result.children == []
    assert "method 9" in result.raised(Malformed)


@pytest.mark.parametrize("options", [["-mem=ZipCrypto"], ["-mem=AES256"]])
def test_encrypted_members_are_named_with_size_and_crc(options: list[str], tmp_path: Path) -> None:
    data = run_7z(tmp_path, "a.zip", "-tzip", "-psecret", *options, files={"clip.wav": wav()})
    result = opened(data)
    (listed,) = json.loads(result.facts["encrypted.members"])
    assert (listed["name"], listed["size"]) == ("clip.wav", len(wav()))
    if options == ["-mem=ZipCrypto"]:
        assert int(listed["crc32"], 16) == zlib.crc32(wav())
    assert "1 encrypted" in result.raised(Encrypted)


def test_open_members_beside_encrypted_ones_are_read(tmp_path: Path) -> None:
    (tmp_path / "open.txt").write_bytes(b"in the open")
    (tmp_path / "locked.txt").write_bytes(b"behind a password")
    for name, options in (("locked.txt", ["-P", "pw"]), ("open.txt", [])):
        subprocess.run(["zip", "-q", *options, "a.zip", name], cwd=tmp_path, check=True)
    result = opened((tmp_path / "a.zip").read_bytes())
    assert result.names == ["open.txt"]
    assert result.raised(Encrypted)


def test_archive_after_a_picture_with_and_without_mended_offsets(tmp_path: Path) -> None:
    picture = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(200) + b"\xff\xd9"
    path = tmp_path / "a.zip"
    path.write_bytes(picture + made({"clip.wav": wav()}))
    assert opened(path.read_bytes(), kind="application/zip").child("clip.wav") == wav()
    subprocess.run(["zip", "-qA", str(path)], check=True)
    assert opened(path.read_bytes(), kind="application/zip").child("clip.wav") == wav()


def test_truncated_archive_gives_what_is_left() -> None:
    data = made({"a.txt": b"first " * 500, "b.wav": wav()}, zipfile.ZIP_STORED)
    result = opened(data[: len(data) // 2])
    assert result.child("a.txt") == b"first " * 500
    assert 0 < len(result.child("b.wav")) < len(wav())
    assert "truncated" in result.raised(Malformed)


def test_member_the_directory_hides_is_found() -> None:
    data = made({"hidden.wav": wav(), "shown.txt": b"nothing to see"}, zipfile.ZIP_STORED)
    start = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", start + 4)
    end = data.index(b"PK\x05\x06")
    directory = data[second:end]
    record = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), start, 0)
    result = opened(data[:start] + directory + record)
    assert result.child("hidden.wav") == wav()
    assert "not in the directory" in result.raised(Malformed)


def test_overlapping_members_are_read_once() -> None:
    body = made({"a": b"\0" * 1_000_000})
    start, end = body.index(b"PK\x01\x02"), body.index(b"PK\x05\x06")
    entry = body[start:end]
    directory = b"".join(entry[:46] + bytes([97 + n % 26]) + entry[47:] for n in range(500))
    record = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 500, 500, len(directory), start, 0)
    result = opened(body[:start] + directory + record)
    assert len(result.children) == 1
    assert "overlaps" in result.raised(Malformed)


def test_flat_bomb_ends_at_the_ratio() -> None:
    data = made({"zeros": b"\0" * (96 << 20)})
    result = opened(data, limits=Limits(ratio_floor_mib=8))
    assert "ratio" in result.raised(LimitReached)


def test_bytes_glued_to_the_archive_are_parts() -> None:
    result = opened(made({"a": b"x"}, comment=b"call me") + wav())
    assert result.child(result.names[-1]) == wav()
    assert result.text("metadata") == "call me"


def test_wrong_crc_is_told_and_the_bytes_kept() -> None:
    data = bytearray(made({"a.txt": b"some text that is stored"}, zipfile.ZIP_STORED))
    data[data.index(b"some")] ^= 1
    result = opened(bytes(data))
    assert result.child("a.txt").endswith(b"ome text that is stored")
    assert "CRC" in result.raised(Malformed)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_archives_end_in_a_report(data: st.DataObject) -> None:
    raw = bytearray(made({"a/b.txt": b"hello " * 40, "c": b"1234"}, comment=b"note"))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    opened(bytes(raw), kind="application/zip")
