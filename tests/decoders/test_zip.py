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


LISTS = (["secret"], ["", "wrong", "secret", "more"])


@pytest.mark.parametrize("options", [["-mem=ZipCrypto"], ["-mem=AES128"], ["-mem=AES192"], ["-mem=AES256"]])
@pytest.mark.parametrize("method", ["Copy", "Deflate", "LZMA"])
def test_a_password_of_the_list_opens_the_members(options: list[str], method: str, tmp_path: Path) -> None:
    files = {"clip.wav": wav(), "note.txt": b"some notes"}
    data = run_7z(tmp_path, "a.zip", "-tzip", f"-mm={method}", "-psecret", *options, files=files)
    for passwords in LISTS:
        result = opened(data, passwords=passwords)
        assert {name: result.child(name) for name in result.names} == files
        assert [child.facts["password"] for child in result.children] == [str(passwords.index("secret") + 1)] * 2
        assert (result.errors, "encrypted.members" in result.facts) == ([], False)


def test_each_member_may_have_a_password_of_its_own(tmp_path: Path) -> None:
    for number, word in enumerate(("ü", "two")):
        (tmp_path / f"{number}.txt").write_bytes(b"behind a password " * 9)
        subprocess.run(["zip", "-q", "-P", word.encode("cp437"), "a.zip", f"{number}.txt"], cwd=tmp_path, check=True)
    data = (tmp_path / "a.zip").read_bytes()
    assert [child.facts["password"] for child in opened(data, passwords=["two", "ü"]).children] == ["2", "1"]
    result = opened(data, passwords=["two"])
    assert result.names == ["1.txt"]
    assert result.raised(Encrypted) == "1 encrypted members; the one password does not fit"


def test_a_list_without_the_word_leaves_names_sizes_and_crcs(tmp_path: Path) -> None:
    data = run_7z(tmp_path, "a.zip", "-tzip", "-psecret", files={"clip.wav": wav()})
    result = opened(data, passwords=[f"guess-{number}" for number in range(2000)])
    (listed,) = json.loads(result.facts["encrypted.members"])
    assert (listed["size"], int(listed["crc32"], 16)) == (len(wav()), zlib.crc32(wav()))
    assert result.children == []
    assert result.raised(Encrypted) == "1 encrypted members; none of 2000 passwords fits"


def test_tries_end_when_their_time_is_up(tmp_path: Path) -> None:
    data = run_7z(tmp_path, "a.zip", "-tzip", "-mem=AES256", "-psecret", files={"clip.wav": wav()})
    result = opened(data, limits=Limits(password_seconds=1e-6), passwords=["wrong", "secret"])
    assert "the time was up before all 2 passwords were tried" in result.raised(Encrypted)


def test_long_members_behind_the_old_cipher_are_whole(tmp_path: Path) -> None:
    long = bytes(range(256)) * 8192 + wav()
    data = run_7z(tmp_path, "a.zip", "-tzip", "-mm=Copy", "-mem=ZipCrypto", "-psecret", files={"long": long})
    assert opened(data, passwords=["secret"]).child("long") == long


@pytest.mark.parametrize("options", [["-mem=ZipCrypto"], ["-mem=AES256"]])
def test_changed_bytes_behind_a_lock_are_never_given_for_whole(options: list[str], tmp_path: Path) -> None:
    data = bytearray(run_7z(tmp_path, "a.zip", "-tzip", "-mm=Copy", "-psecret", *options, files={"clip.wav": wav()}))
    data[9000] ^= 1
    assert opened(bytes(data), passwords=["secret"]).raised(Encrypted)


@pytest.mark.parametrize("options", [["-mem=ZipCrypto"], ["-mem=AES256"]])
def test_a_damaged_member_is_read_as_far_as_it_goes_where_another_proves_the_password(
    options: list[str], tmp_path: Path
) -> None:
    files = {"a.txt": b"in good order " * 9, "b.wav": wav()}
    data = run_7z(tmp_path, "a.zip", "-tzip", "-mm=Copy", "-psecret", *options, files=files)
    result = opened(data[: len(data) // 2], passwords=["secret"])
    assert wav().startswith(result.child("b.wav"))
    assert "'b.wav': " in result.raised(Malformed)


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


def changed(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


@pytest.mark.parametrize(
    ("offset", "new", "what"),
    [(8, b"\x08", "method"), (14, b"oops", "CRC-32"), (18, bytes(4), "packed size"), (22, bytes(4), "size")],
)
def test_a_local_header_that_denies_the_directory_is_told(offset: int, new: bytes, what: str) -> None:
    data = made({"a.txt": b"some text that is stored"}, zipfile.ZIP_STORED)
    result = opened(changed(data, offset, new))
    assert result.child("a.txt") == b"some text that is stored"
    assert f"'a.txt' has another {what} in its own header" in result.raised(Malformed)


@pytest.mark.parametrize("place", ["local", "directory", "both"])
def test_a_flag_alone_locks_nothing(place: str) -> None:
    data = made({"a.wav": wav()})
    at = data.index(b"PK\x01\x02")
    data = changed(data, 6, b"\x01") if place != "directory" else data
    data = changed(data, at + 8, b"\x01") if place != "local" else data
    result = opened(data)
    assert result.child("a.wav") == wav()
    assert "says it is encrypted and is not" in result.raised(Malformed)


def test_bytes_between_the_members_and_before_the_directory_are_parts() -> None:
    data = made({"a.txt": b"first", "b.txt": b"second"}, zipfile.ZIP_STORED)
    second, listed, end = data.index(b"PK\x03\x04", 4), data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    directory = bytearray(data[listed:end])
    other = directory.index(b"PK\x01\x02", 4)
    directory[other + 42 : other + 46] = struct.pack("<L", second + len(wav()))
    body = data[:second] + wav() + data[second:listed] + wav()[:5000]
    record = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(directory), len(body), 0)
    result = opened(body + directory + record)
    assert result.names == ["a.txt", f"gap@{second}", "b.txt", f"gap@{len(body) - 5000}"]
    assert [result.children[at].content.bytes() for at in (1, 3)] == [wav(), wav()[:5000]]
    assert "belong to no member" in result.raised(Malformed)


def test_no_gap_is_seen_after_members_of_any_kind(tmp_path: Path) -> None:
    files = {f"{'long' * 30}-{number}.txt": b"text " * number for number in range(9)}
    for options in (["-psecret"], ["-psecret", "-mem=AES256"], ["-mm=PPMd"], []):
        name = f"{len(options)}{options[-1:]}.zip"
        result = opened(run_7z(tmp_path, name, "-tzip", *options, files=files))
        assert not [child for child in result.names if child.startswith("gap")]
    streamed = io.BytesIO()
    with zipfile.ZipFile(_Streaming(streamed), "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            archive.writestr(name, data)
    assert opened(streamed.getvalue()).errors == []


class _Streaming:
    """Where nothing goes back, zipfile writes sizes after the bytes."""

    def __init__(self, target: io.BytesIO) -> None:
        self.write, self.flush = target.write, target.flush


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_archives_end_in_a_report(data: st.DataObject) -> None:
    raw = bytearray(made({"a/b.txt": b"hello " * 40, "c": b"1234"}, comment=b"note"))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    opened(bytes(raw), kind="application/zip")
