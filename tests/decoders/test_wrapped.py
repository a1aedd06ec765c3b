"""Content wrapped as text, and content hidden in other files."""

from __future__ import annotations

import base64
import binascii
import io
import json
import os
import quopri
import random
import struct
import subprocess
import textwrap
import urllib.parse
import zipfile
import zlib
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.content import Content
from forensics.formats import archive_extents
from forensics.formats.asides import asides
from forensics.formats.spelled_bytes import find_spelled
from forensics.resources import samples_folder
from tests.decoders import test_archives
from tests.decoders.opening import encoded, opened, run_ffmpeg, wav
from tests.decoders.rar_archives import rar4, rar5

CLIP = encoded("opus")
B64 = base64.b64encode(CLIP).decode()


@pytest.mark.parametrize(
    "text",
    [
        B64,
        "\n".join(B64[at : at + 76] for at in range(0, len(B64), 76)) + "\nend of it",
        "> " + "\r\n> ".join(B64[at : at + 64] for at in range(0, len(B64), 64)),
        json.dumps({"audio": f"data:audio/ogg;base64,{B64}", "next": "words"}),
        json.dumps({"audio": base64.encodebytes(CLIP).decode()}),
        f'<html><audio src="data:audio/ogg;base64,{B64}"></audio></html>',
        " + ".join(f'"{B64[at : at + 80]}"' for at in range(0, len(B64), 80)),
        base64.urlsafe_b64encode(CLIP).decode().rstrip("="),
        "clip: " + CLIP.hex(),
        "<?xml version='1.0'?><a><b>" + B64 + "</b></a>",
        "\ufeff" + B64,
    ],
    ids=[str(number) for number in range(11)],
)
def test_wrapped_audio_is_a_part_byte_for_byte(text: str) -> None:
    assert [child.content.bytes() for child in opened(text.encode()).children] == [CLIP]


@pytest.mark.parametrize(
    "text",
    [
        b"Hello,\n\n" + quopri.encodestring(CLIP),
        b"before\r\n" + quopri.encodestring(CLIP, quotetabs=True).replace(b"\n", b"\r\n")[:-2],
        f"<a href='data:audio/ogg,{urllib.parse.quote_from_bytes(CLIP)}'>listen</a>".encode(),
        CLIP.hex(":").encode(),
        b"the clip: " + CLIP.hex(" ").upper().encode(),
        b"\n".join(CLIP[at : at + 16].hex(" ").encode() for at in range(0, len(CLIP), 16)),
        ("unsigned char clip[] = {" + ", ".join(f"0x{byte:02X}" for byte in CLIP) + "};").encode(),
        ('b"' + "".join(f"\\x{byte:02x}" for byte in CLIP) + '"').encode(),
    ],
    ids=["quoted", "quoted crlf", "percent", "colons", "spaces", "dump", "c", "python"],
)
def test_audio_spelled_byte_by_byte_is_a_part(text: bytes) -> None:
    parts = [child.content.bytes() for child in opened(text).children]
    if b"=\r\n" not in text:
        assert parts == [CLIP]
    else:  # line ends among the bytes were changed on the way
        assert parts[0][:9] == CLIP[:9]


@pytest.mark.parametrize("serial", [0x0A, 0x0A_0A_41_0A, 0x0A41_0D41])
@pytest.mark.parametrize("before", [b"", b"Hello,\n\n", b"Gr=C3=BC=C3=9Fe:\n"])
def test_quoted_sound_with_a_line_end_among_its_first_bytes_is_whole(serial: int, before: bytes) -> None:
    clip = encoded("opus", "-serial_offset", str(serial))
    (part,) = opened(before + quopri.encodestring(clip)).children
    assert part.content.bytes() == clip


def test_numbers_and_quoted_words_are_no_parts() -> None:
    draw = random.Random(2)
    numbers = " ".join(str(draw.randrange(10, 99)) for _ in range(9000)).encode()
    words = quopri.encodestring("Grüße aus Köln, schöne Wörter überall. ".encode() * 300)
    for text in (numbers, words, b"=\n" * 9000, b"00 " * 9000, b"data:," + b"%41" * 900):
        assert opened(text).children == []


SPELLINGS = (b"=\n", b"=4F", b"0x4f, ", b"4f:", b"\\x", b"data:a/b,", b"%4F" * 99, b"word ", b"\n")


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(SPELLINGS), max_size=60))
def test_any_spelling_ends(pieces: list[bytes]) -> None:
    list(find_spelled(b"".join(pieces) * 40))


def test_wrapped_twice_and_in_wide_text() -> None:
    (inner,) = opened(base64.b64encode(B64.encode())).children
    assert [child.content.bytes() for child in opened(inner.content.bytes()).children] == [CLIP]
    for text in (B64, base64.b85encode(CLIP).decode(), json.dumps(list(CLIP)), repr(CLIP)):
        assert [child.content.bytes() for child in opened(text.encode("utf-16")).children] == [CLIP]


def test_uuencoded() -> None:
    lines = b"".join(binascii.b2a_uu(CLIP[at : at + 45]) for at in range(0, len(CLIP), 45))
    (part,) = opened(b"hello\nbegin 644 clip.opus\n" + lines + b"`\nend\n").children
    assert part.content.bytes() == CLIP


def test_other_long_runs_are_no_parts() -> None:
    noise = random.Random(7).randbytes(30_000)
    for text in (base64.b64encode(noise), noise.hex().encode(), b"A" * 20_000, b"word" * 5000):
        assert opened(text).children == []


def test_wrapped_archive() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("clip.wav", wav())
    text = "\n".join(textwrap.wrap(base64.b64encode(out.getvalue()).decode(), 100))
    assert opened(text.encode()).children[0].content.bytes() == out.getvalue()


PICTURES = {
    kind: run_ffmpeg(kind, ["-f", "lavfi", "-i", "mandelbrot=s=200x200", "-frames:v", "1"], b"")
    for kind in ("jpg", "png", "gif")
}
HIDDEN = {
    "wav": wav(),
    "opus": CLIP,
    "mp3": encoded("mp3"),
    "flac": encoded("flac"),
    "m4a": encoded("m4a"),
    "aac": encoded("aac"),
}


@pytest.mark.parametrize("picture", sorted(PICTURES))
@pytest.mark.parametrize("kind", sorted(HIDDEN))
def test_audio_after_a_picture(picture: str, kind: str) -> None:
    data = PICTURES[picture]
    (part,) = opened(data + HIDDEN[kind], f"holiday.{picture}").children
    assert part.name == f"carved@{len(data)}.{kind}"
    assert part.content.bytes() == HIDDEN[kind]


@cache
def archives() -> dict[str, bytes]:
    made = {kind: test_archives.written(kind) for kind in ("cpio", "iso9660", "7zip", "ar_bsd", "ar_svr4")}
    made |= {"rar4": rar4({"a": b"words"}), "rar5": rar5({"a": b"words"}), "tar": test_archives.tarred({"a": b"words"})}
    made |= {"locked rar4": rar4({"a": b"words"}, "secret"), "locked rar5": rar5({"a": b"words"}, "secret")}
    return made | {"cab": test_archives.cab(b"a", b"words"), "lzh": test_archives.lzh(b"a", b"words")}


@pytest.mark.parametrize("archive", sorted(archives()))
@pytest.mark.parametrize("kind", ["opus", "mp3", "wav"])
def test_sound_after_an_archive(archive: str, kind: str) -> None:
    data = archives()[archive]
    parts = {part.name: part.content.bytes() for part in opened(data + HIDDEN[kind]).children}
    assert parts[f"carved@{len(data)}.{kind}"] == HIDDEN[kind]
    assert not [name for name in opened(data).names if name.startswith(("carved", "trailing"))]


@pytest.mark.parametrize("front", ["mp3", "aac", "flac"])
@pytest.mark.parametrize("kind", ["opus", "wav", "m4a"])
def test_sound_after_frames_of_sound(front: str, kind: str) -> None:
    data = HIDDEN[front]
    assert [part.content.bytes() for part in opened(data + HIDDEN[kind]).children] == [HIDDEN[kind]]
    assert opened(data).children == []


@pytest.mark.parametrize(
    "front", [b"From: a@b.c\r\n\r\nwords\r\n", b"From a@b.c Sat Jan  1 00:00:00 2022\nFrom: a@b.c\n\nx\n"]
)
def test_sound_after_mail(front: bytes) -> None:
    assert HIDDEN["wav"] in [part.content.bytes() for part in opened(front + HIDDEN["wav"], "a.eml").children]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(archives())), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6))
def test_any_archive_ends_somewhere(archive: str, changes: list[tuple[int, int]]) -> None:
    data = bytearray(archives()[archive])
    for at, value in changes:
        data[at % len(data)] = value
    for media_type in archive_extents.WALKS:
        archive_extents.WALKS[media_type](Content.of(bytes(data)))


def test_two_files_after_a_picture_are_told_apart() -> None:
    names = opened(PICTURES["jpg"] + CLIP + wav() + encoded("m4a")).names
    assert [name.rpartition(".")[2] for name in names] == ["opus", "wav", "m4a"]


def test_archive_after_a_picture_and_after_sound() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("clip.wav", wav())
    for front in (PICTURES["jpg"], PICTURES["png"], wav(), encoded("mp3"), CLIP):
        parts = [part for part in opened(front + out.getvalue()).children if part.name.endswith(".zip")]
        assert [part.content.bytes() for part in parts] == [out.getvalue()]


def test_unknown_bytes_after_a_picture_are_a_part() -> None:
    noise = random.Random(3).randbytes(5000)
    (part,) = opened(PICTURES["png"] + noise).children
    assert part.name.startswith("trailing@")
    assert part.content.bytes() == noise


def test_headerless_and_front_cut_audio() -> None:
    for kind in ("mp3", "aac"):
        (part,) = opened(random.Random(5).randbytes(900) + encoded(kind)[333:]).children
        assert len(part.content.bytes()) > len(encoded(kind)) - 1500


def test_what_a_picture_says_beside_its_pixels_is_opened_but_not_they() -> None:
    picture, packed = PICTURES["png"], zlib.compress(wav())
    body = b"zTXtnote\0\0" + packed
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    (part,) = opened(picture[:33] + chunk + picture[33:]).children
    assert part.content.bytes() == packed


ATTACHED = (
    "-attach",
    str(samples_folder() / "packages/TR-2041/audio/TR-2041-c01.wav"),
    "-metadata:s:t",
    "mimetype=a/b",
)


def with_aside(kind: str, hidden: bytes) -> bytes:
    """Sound with something in a place that no player plays."""
    if kind == "mp3":
        frame = b"GEOB" + struct.pack(">IH", len(hidden) + 10, 0) + b"\0audio/x\0\0\0"[:10].ljust(10, b"\0") + hidden
        size = bytes(len(frame) >> shift & 127 for shift in (21, 14, 7, 0))
        return b"ID3\3\0\0" + size + frame + encoded("mp3", "-id3v2_version", "0")
    if kind == "wav":
        body = wav()[8:] + b"junk" + struct.pack("<I", len(hidden)) + hidden + b"\0" * (len(hidden) % 2)
        return b"RIFF" + struct.pack("<I", len(body)) + body
    if kind == "aiff":
        body = encoded("aiff")[8:] + b"APPL" + struct.pack(">I", len(hidden)) + hidden + b"\0" * (len(hidden) % 2)
        return b"FORM" + struct.pack(">I", len(body)) + body
    if kind == "flac":
        sound = encoded("flac")
        return sound[:42] + b"\2" + len(hidden).to_bytes(3, "big") + hidden + sound[42:]
    box = struct.pack(">I", len(hidden) + 8) + b"free" + hidden
    return encoded("m4a") + box


@pytest.mark.parametrize("kind", ["mp3", "wav", "aiff", "flac", "m4a"])
def test_what_no_player_plays_is_opened(kind: str) -> None:
    whole = with_aside(kind, CLIP)
    inside = [part.content.bytes() for part in opened(whole).children if part.name.startswith("aside@")]
    assert any(CLIP in each for each in inside)
    assert not any(
        b"aside" in name.encode() for name in opened(with_aside(kind, bytes(len(CLIP)))).names if kind != "mp3"
    )


def test_what_is_attached_to_matroska_is_opened(tmp_path: Path) -> None:
    target = tmp_path / "x.mka"
    (tmp_path / "s.wav").write_bytes(wav())
    subprocess.run(["ffmpeg", "-v", "error", "-i", tmp_path / "s.wav", *ATTACHED, target], check=True)
    inside = [part.content.bytes() for part in opened(target.read_bytes()).children if part.name.startswith("aside@")]
    assert any(Path(ATTACHED[1]).read_bytes() in each for each in inside)


@given(st.sampled_from(["mp3", "wav", "aiff", "flac", "m4a"]), st.lists(st.integers(0, 3000), max_size=6))
def test_any_damage_to_what_lies_aside_ends(kind: str, spots: list[int]) -> None:
    data = bytearray(with_aside(kind, CLIP))
    for spot in spots:
        data[spot] ^= 0xFF
    kinds = ("audio/mpeg", "audio/wav", "audio/aiff", "audio/flac", "audio/mp4", "video/x-matroska")
    assert all(
        0 <= span.start < span.end <= len(data) for name in kinds for span in asides(Content.of(bytes(data)), name)
    )


def test_clean_pictures_and_noise_yield_nothing() -> None:
    for data in (*PICTURES.values(), random.Random(1).randbytes(2_000_000), bytes(1_000_000)):
        assert opened(data).children == []


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(PICTURES)), st.sampled_from(sorted(HIDDEN)), st.lists(st.integers(0, 60_000), max_size=8))
def test_damaged_carriers_end_in_a_report(picture: str, kind: str, spots: list[int]) -> None:
    data = bytearray(PICTURES[picture] + HIDDEN[kind][:4000])
    for spot in spots:
        data[spot % len(data)] = spot % 256
    opened(bytes(data), kind={"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif"}[picture])
    opened(os.urandom(64) + bytes(data), kind="application/octet-stream")


def test_text_before_a_binary_tail_is_opened() -> None:
    text = (Path(__file__).resolve().parents[2] / "samples/packages/TR-2041/candidates.xlf").read_bytes()
    result = opened(text + bytes(range(256)) * 40, "x.xlf")
    part = next(child for child in result.children if child.name == "text@0")
    assert part.content.bytes().startswith(text)
