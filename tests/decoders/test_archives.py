"""The archives and streams that are read through libarchive and the standard library."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import subprocess
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import libarchive
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.config import Limits
from forensics.content import Content
from forensics.decoders.rar import Rar
from forensics.decoders.sevenzip import SevenZip
from forensics.errors import Encrypted, LimitReached, Malformed
from forensics.formats.archive_entries import _reason
from forensics.formats.archive_unlocking import MOST_BYTES
from forensics.media_types import media_type
from forensics.model import Artifact
from forensics.resources import samples_folder
from tests.decoders.opening import budget, decoders, opened, run_7z, wav
from tests.decoders.rar_archives import rar4, rar5

FILES = {"clip.wav": wav(), "notes/ü.txt": b"some notes\n"}


def tarred(files: dict[str, bytes] = FILES, kind: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=kind) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def written(kind: str, *filters: str) -> bytes:
    blocks: list[bytes] = []
    with libarchive.custom_writer(lambda data: blocks.append(bytes(data)) or len(data), kind, *filters) as archive:
        for name, data in FILES.items():
            archive.add_file_from_memory(name, len(data), data)
    return b"".join(blocks)


@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_tar(kind: int) -> None:
    result = opened(tarred(kind=kind))
    assert {name: result.child(name) for name in result.names} == FILES
    assert result.errors == []


def test_tar_after_tar_is_read_on() -> None:
    assert opened(tarred({"a": b"1" * 600}) + tarred({"b": b"2"})).names == ["a", "b"]


def test_tar_links_are_notes_and_paths_are_text() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        evil = tarfile.TarInfo("../../../tmp/evil")
        evil.size = 4
        archive.addfile(evil, io.BytesIO(b"evil"))
    result = opened(out.getvalue())
    assert result.names == ["../../../tmp/evil"]
    assert result.text("metadata") == "link -> /etc/passwd"


def test_cut_tar_gives_the_beginning() -> None:
    result = opened(tarred()[:20_000])
    assert result.child("clip.wav") == wav()[: len(result.child("clip.wav"))]
    assert len(result.child("clip.wav")) > 15_000
    assert "runcated" in result.raised(Malformed)


@pytest.mark.parametrize("kind", ["cpio", "iso9660", "7zip", "ar_bsd", "ar_svr4", "xar"])
def test_formats_libarchive_writes(kind: str) -> None:
    result = opened(written(kind))
    assert result.child(next(name for name in result.names if name.lower().startswith("clip"))) == wav()


def test_7z_with_password_names_its_members(tmp_path: Path) -> None:
    result = opened(run_7z(tmp_path, "a.7z", "-psecret", files=FILES))
    assert '"clip.wav"' in result.facts["encrypted.members"]
    assert "2 encrypted" in result.raised(Encrypted)


def test_7z_with_hidden_names_is_encrypted_too(tmp_path: Path) -> None:
    assert opened(run_7z(tmp_path, "a.7z", "-psecret", "-mhe=on", files=FILES)).raised(Encrypted)


@pytest.mark.parametrize(
    "options",
    ["-m0=LZMA2", "-m0=LZMA", "-m0=Copy", "-m0=PPMd", "-m0=BZip2", "-m0=Deflate", "-mf=BCJ2", "-ms=off", "-mhe=on"],
)
def test_a_password_opens_7z(options: str, tmp_path: Path) -> None:
    files = {"clip.bin": wav(), "program.exe": bytes(9000), "empty": b""}  # 7z filters .wav as libarchive cannot undo
    data = run_7z(tmp_path, "a.7z", "-psecret", options, files=files)
    result = opened(data, passwords=["wrong", "secret"])
    assert {name: result.child(name) for name in result.names} == files
    assert {child.facts.get("password") for child in result.children if child.content.size} == {"2"}
    assert result.errors == []
    refused = opened(data, passwords=["wrong", "more"])
    assert "encrypted members; none of 2 passwords fits" in refused.raised(Encrypted)
    assert (f"{zlib.crc32(wav()):08x}" in refused.facts.get("encrypted.members", "")) == (options != "-mhe=on")


@pytest.mark.parametrize("name", ["hit.7z", "hit.rar"])
def test_no_password_is_tried_on_what_memory_would_not_hold(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes((samples_folder() / "locked" / name).read_bytes())
    with path.open("r+b") as file:
        file.truncate(MOST_BYTES + 1)
    content = Content.at(path)
    kind = media_type(content, name)
    subject = Artifact(number=0, parent=None, path=(name,), media_type=kind, content=content)
    (decoder,) = [each for each in decoders() if isinstance(each, (Rar, SevenZip)) and each.accepts(subject)]
    with pytest.raises(Encrypted, match="larger than 1024 MiB: no password was tried"):
        list(decoder.decode(subject, budget(content, passwords=["secret"])))


def test_open_members_of_7z_beside_locked_ones_say_no_password(tmp_path: Path) -> None:
    run_7z(tmp_path, "a.7z", files={"open.txt": b"in the open " * 9})
    (tmp_path / "in/open.txt").unlink()
    data = run_7z(tmp_path, "a.7z", "-psecret", "-ms=off", files={"locked.txt": b"behind a password " * 9})
    facts = {child.name: child.facts for child in opened(data, passwords=["secret"]).children}
    assert facts == {"open.txt": {}, "locked.txt": {"password": "1"}}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_locked_7z_ends_in_a_report(data: st.DataObject) -> None:
    sample = bytearray((samples_folder() / "locked/hit.7z").read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.one_of(st.integers(0, 31), st.integers(len(sample) - 122, len(sample) - 1)))
        sample[at] = data.draw(st.integers(0, 255))
    opened(bytes(sample), kind="application/x-7z-compressed", passwords=["secret"])


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_cut_7z_says_what_is_wrong(tmp_path: Path, share: float) -> None:
    data = run_7z(tmp_path, "a.7z", files=FILES)
    (error,) = opened(data[: int(len(data) * share)]).errors
    assert isinstance(error, Malformed)
    assert str(error) not in ("", "None")


def test_silence_of_the_library_gets_words() -> None:
    for message in (None, "", b""):
        assert _reason(libarchive.exception.ArchiveError(message)) == "the archive is damaged or cut"
    assert _reason(libarchive.exception.ArchiveError("Bad header", 84)) == "Bad header"


@pytest.mark.parametrize("made", [rar4, rar5])
def test_rar(made: Callable[..., bytes]) -> None:
    result = opened(made(FILES))
    assert result.type == "application/vnd.rar"
    assert {name: result.child(name) for name in result.names} == FILES
    assert result.errors == []


@pytest.mark.parametrize("made", [rar4, rar5])
@pytest.mark.parametrize("is_list_locked", [False, True])
def test_a_password_opens_rar(made: Callable[..., bytes], is_list_locked: bool) -> None:
    result = opened(made(FILES, "secret", is_list_locked=is_list_locked), passwords=["wrong", "secret"])
    assert {name: result.child(name) for name in result.names} == FILES
    assert [child.facts["password"] for child in result.children] == ["2", "2"]
    assert result.errors == []


def test_locked_members_of_rar_have_size_and_crc_where_it_is_told() -> None:
    for made, crc32 in ((rar4, f"{zlib.crc32(wav()):08x}"), (rar5, None)):
        result = opened(made(FILES, "secret"), passwords=["wrong"])
        first = json.loads(result.facts["encrypted.members"])[0]
        assert (first["name"], first["size"], first.get("crc32")) == ("clip.wav", len(wav()), crc32)
        assert result.raised(Encrypted) == "2 encrypted members; the one password does not fit"
        assert result.children == []


@pytest.mark.parametrize("made", [rar4, rar5])
def test_a_locked_list_of_rar_tells_nothing(made: Callable[..., bytes]) -> None:
    result = opened(made(FILES, "secret", is_list_locked=True), passwords=["wrong"])
    assert "an unknown number of encrypted members" in result.raised(Encrypted)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([rar4, rar5]), st.booleans(), st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255))))
def test_damaged_locked_rar_ends_in_a_report(
    made: Callable[..., bytes], is_list_locked: bool, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(made({"a": b"hello" * 20, "b": b""}, "secret", is_list_locked=is_list_locked))
    for at, value in changes:
        data[at % len(data)] = value
    opened(bytes(data), kind="application/vnd.rar", passwords=["secret"])


def cab(name: bytes, data: bytes) -> bytes:
    """An uncompressed cabinet of one block, after MS-CAB."""
    import struct

    data = data[:32_000]
    entry = struct.pack("<LLHHHH", len(data), 0, 0, 0x5A21, 0, 0x20) + name + b"\0"
    folder_at = 36
    files_at = folder_at + 8
    data_at = files_at + len(entry)
    total = data_at + 8 + len(data)
    head = struct.pack("<4sLLLLLBBHHHHH", b"MSCF", 0, total, 0, files_at, 0, 3, 1, 1, 1, 0, 0, 0)
    return head + struct.pack("<LHH", data_at, 1, 0) + entry + struct.pack("<LHH", 0, len(data), len(data)) + data


def test_cab() -> None:
    assert opened(cab(b"notes.txt", b"some notes " * 50)).child("notes.txt") == b"some notes " * 50


@pytest.mark.parametrize(
    ("pack", "name"), [(gzip.compress, "a.tgz"), (bz2.compress, "a.tbz2"), (lzma.compress, "a.txz")]
)
def test_streams_join_their_members_and_keep_what_follows(pack: object, name: str) -> None:
    assert callable(pack)
    whole = tarred()
    result = opened(pack(whole[:9000]) + pack(whole[9000:]) + wav(), name)
    assert result.child("a.tar") == whole
    assert result.children[1].content.bytes() == wav()


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_cut_streams_give_the_beginning(pack: object) -> None:
    assert callable(pack)
    data = bytes(range(256)) * 4000
    packed = pack(wav(4.0) + data)
    result = opened(packed[: len(packed) * 3 // 4], "a.gz")
    assert result.raised(Malformed)


def test_zstd_frames_and_what_follows() -> None:
    packed = subprocess.run(["zstd", "-q", "-c"], input=wav(), capture_output=True, check=True).stdout
    result = opened(packed + packed + tarred(), "a.wav.zst")
    assert result.child("a.wav") == wav() * 2
    assert result.children[1].content.bytes() == tarred()


def test_objects_of_git_are_opened_loose_and_packed(tmp_path: Path) -> None:
    (tmp_path / "clip.wav").write_bytes(wav())
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for command in (["init", "-q"], ["add", "."], [*author, "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    loose = [opened(path.read_bytes()) for path in (tmp_path / ".git/objects").glob("??/*")]
    assert b"blob %d\0" % len(wav()) + wav() in [each.children[0].content.bytes() for each in loose]
    subprocess.run(["git", "gc", "-q"], cwd=tmp_path, check=True)
    (pack,) = (tmp_path / ".git/objects/pack").glob("*.pack")
    inside = [opened(child.content.bytes()).children for child in opened(pack.read_bytes()).children]
    assert wav() in [parts[0].content.bytes() for parts in inside]


def test_a_bare_stream_of_deflate_is_opened() -> None:
    assert opened(zlib.compress(wav())[2:-4], "x.bin").child("x.bin (unpacked)") == wav()


def lzh(name: bytes, data: bytes) -> bytes:
    """A stored LZH archive of level 0."""
    body = b"-lh0-" + struct.pack("<LLLBBB", len(data), len(data), 0x5A210000, 0x20, 0, len(name)) + name + bytes(2)
    return bytes([len(body), sum(body) & 0xFF]) + body + data + b"\0"


def test_lzh() -> None:
    result = opened(lzh(b"notes.txt", b"some notes " * 50))
    assert result.type == "application/x-lzh-compressed"
    assert result.child("notes.txt") == b"some notes " * 50


def test_lzma_without_a_magic_number() -> None:
    for options in ({}, {"dict_size": 3 << 20, "lc": 4, "lp": 0, "pb": 1}):
        filters = [{"id": lzma.FILTER_LZMA1, **options}]
        assert opened(lzma.compress(tarred(), lzma.FORMAT_ALONE, filters=filters), "a.tlz").child("a.tar") == tarred()


def test_one_volume_of_a_set_is_never_clean() -> None:
    whole = bytearray(rar4({"a.bin": bytes(900)}))
    at = whole.index(b"\x74", 20)
    whole[at + 1] |= 1
    whole[at - 2 : at] = struct.pack("<H", zlib.crc32(whole[at : at + 35]) & 0xFFFF)
    assert "one volume of a set: a member began in an earlier one" in opened(bytes(whole)).raised(Malformed)


def test_stream_bomb_ends_at_the_ratio() -> None:
    result = opened(gzip.compress(b"\0" * (64 << 20)), limits=Limits(ratio_floor_mib=4))
    assert "ratio" in result.raised(LimitReached)


TYPES = (
    *("application/x-tar", "application/x-7z-compressed", "application/vnd.rar", "application/x-iso9660-image"),
    *("application/vnd.ms-cab-compressed", "application/x-cpio", "application/gzip", "application/x-bzip2"),
    *("application/x-xz", "application/zstd", "application/x-lz4", "application/x-lzip", "application/x-compress"),
    *("application/x-lzh-compressed", "application/x-archive", "application/x-xar"),
)
SEEDS = (
    tarred({"a": b"hello"}),
    gzip.compress(b"hello " * 9),
    lzma.compress(b"x" * 99),
    rar4({"n": b"data"}),
    rar5({"n": b"data"}),
    lzh(b"n", b"data"),
    cab(b"n", b"d"),
)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(TYPES), st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255))))
def test_any_bytes_end_in_a_report(kind: str, seed: bytes, changes: list[tuple[int, int]]) -> None:
    data = bytearray(seed)
    for at, value in changes:
        data[at % len(data)] = value
    opened(bytes(data), kind=kind)
