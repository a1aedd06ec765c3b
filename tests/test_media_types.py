from __future__ import annotations

import io
import subprocess
import threading
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics import media_types
from forensics.content import Content
from forensics.media_types import media_type
from forensics.resources import samples_folder
from tests.decoders.opening import encoded, opened, wav

SAMPLES = samples_folder()


def typed(data: bytes, name: str = "file") -> str:
    return media_type(Content.of(data), name)


AUDIO = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "aiff": "audio/aiff",
    "caf": "audio/x-caf",
    "w64": "audio/x-w64",
    "webm": "video/webm",
    "mka": "video/x-matroska",
    "au": "audio/basic",
    "wma": "video/x-ms-asf",
}


STREAMS = {
    ("nut", "video/x-nut", ("-f", "nut")),
    ("bin", "video/mp2t", ("-f", "mpegts", "-c:a", "aac")),
    ("bin", "audio/x-mp4a-latm", ("-f", "latm", "-c:a", "aac")),
    ("bin", "audio/vnd.dts", ("-f", "dts", "-c:a", "dca", "-strict", "-2", "-ar", "48000")),
    ("bin", "audio/x-mlp", ("-f", "mlp", "-c:a", "mlp", "-strict", "-2", "-ar", "48000")),
    ("bin", "audio/x-sox", ("-f", "sox")),
    ("bin", "video/x-wtv", ("-f", "wtv", "-c:a", "ac3")),
}


@pytest.mark.parametrize(("extension", "kind", "options"), sorted(STREAMS))
def test_streams_of_broadcast_by_their_bytes_alone_and_heard(
    extension: str, kind: str, options: tuple[str, ...]
) -> None:
    data = encoded(extension, *options)
    assert typed(data, "x") == kind
    assert len(opened(data, "x").samples()) > 12_000


@given(st.integers(0, 255), st.integers(1, 40))
def test_repeated_bytes_are_no_stream(byte: int, width: int) -> None:
    data = (bytes([byte]) * width + bytes(range(width))) * 200
    assert typed(data) not in {kind for _, kind, _ in STREAMS} | {"audio/gsm"}


@pytest.mark.parametrize(("extension", "kind"), AUDIO.items())
def test_audio_by_its_bytes_under_any_name(extension: str, kind: str) -> None:
    assert typed(encoded(extension), "holiday.jpg") == kind


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"", "a.wav", "application/x-empty"),
        (b"only words\n" * 9, "a.wav", "text/plain"),
        (b"#!AMR\n\x3c" + bytes(31), "x", "audio/amr"),
        (b"#!AMR-WB\n\x04" + bytes(31), "x", "audio/amr-wb"),
        (b"\x02#!SILK_V3" + bytes(50), "x.amr", "audio/silk"),
        (b"RIFFs are what guitarists play\n", "x", "text/plain"),
        (b"ID3 tags are explained here\n", "x", "text/plain"),
        (b'{"a": 1}', "x", "application/json"),
        (b'{"a": 1}\n{"a": 2}\n', "x", "application/x-ndjson"),
        (b'{"a": 1}\n', "x.jsonl", "application/x-ndjson"),
        (b"a\tb\nc\td\n", "x", "text/tab-separated-values"),
        (b"a,b\nc,d\n", "x", "text/csv"),
        (b"Well, yes\nWell, no\n", "x", "text/plain"),
        (
            b"<?xml version='1.0'?>\n<!-- c -->\n<x:xliff xmlns:x='u' version='1.2'/>",
            "x.txt",
            "application/x-xliff+xml",
        ),
        (b"<?xml version='1.0'?><!DOCTYPE tmx SYSTEM 'tmx14.dtd'><tmx version='1.4'/>", "x", "application/x-tmx+xml"),
        ("<?xml version='1.0' encoding='UTF-16'?><xliff/>".encode("utf-16"), "x", "application/x-xliff+xml"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\nhi\n", "x", "text/vtt"),
        (b"\xef\xbb\xbf1\r\n00:00:01,000 --> 00:00:02,000\r\nhi\r\n", "x", "application/x-subrip"),
        (b'msgid ""\nmsgstr ""\n', "x", "text/x-gettext-translation"),
        (b"From: a@example.org\r\nSubject: x\r\n\r\nhi", "x", "message/rfc822"),
        (b"From a@b Sat Jan  1 10:00:00 2022\nSubject: x\n\nhi", "x", "application/mbox"),
        (b"{\\rtf1 hi}", "x.doc", "text/rtf"),
        (b"%PDF-1.4\n%text only\n", "x", "application/pdf"),
        (b"<!DOCTYPE html><html></html>", "x", "text/html"),
        (b"\xff\xfb" + bytes(range(7, 200)), "x.bin", "application/octet-stream"),
    ],
)
def test_types(data: bytes, name: str, kind: str) -> None:
    assert typed(data, name) == kind


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        (["[Content_Types].xml", "word/document.xml"], "wordprocessingml.document"),
        (["xl/workbook.xml", "[Content_Types].xml"], "spreadsheetml.sheet"),
        (["[Content_Types].xml", "ppt/presentation.xml"], "presentationml.presentation"),
        (["word/clip.wav"], "application/zip"),
    ],
)
def test_packages_and_plain_archives(members: list[str], kind: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for member in members:
            archive.writestr(member, "<x/>")
    assert typed(out.getvalue()).endswith(kind)


@pytest.mark.parametrize(
    ("command", "kind"),
    [(["gzip", "-c"], "application/gzip"), (["xz", "-c"], "application/x-xz"), (["zstd", "-qc"], "application/zstd")],
)
def test_streams(command: list[str], kind: str) -> None:
    assert typed(subprocess.run(command, input=b"data" * 99, capture_output=True, check=True).stdout) == kind


@given(st.binary(max_size=600), st.text(max_size=20))
def test_never_raises(data: bytes, name: str) -> None:
    kind = typed(data, name)
    assert kind == kind.lower()
    assert "/" in kind


def test_a_content_that_is_gone_is_unknown() -> None:
    assert media_type(Content.recorded(size=9, sha256="0" * 64), "x") == "application/octet-stream"


def test_many_threads_agree() -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.extend(typed(wav()) for _ in range(30))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["audio/wav"] * 120


def test_programs_are_neither_text_nor_sound() -> None:
    kind = media_type(Content.at(Path("/bin/bash").resolve()), "clip.wav")
    assert kind.startswith("application/")


@given(st.sampled_from([b"\x1f\x8b\x08", b"PK\x03\x04"]), st.binary(min_size=40, max_size=600))
def test_libmagic_would_not_change_what_a_signature_settles(magic: bytes, rest: bytes) -> None:
    settled = typed(magic + rest)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(media_types, "_CERTAIN", frozenset())
        assert typed(magic + rest) == settled


def test_libmagic_would_not_change_how_the_samples_are_read() -> None:
    heads = [(path, path.read_bytes()[: 1 << 16]) for path in sorted(SAMPLES.rglob("*")) if path.is_file()]
    packed = [(path, head) for path, head in heads if head.startswith((b"\x1f\x8b", b"PK"))]
    settled = [typed(head, path.name) for path, head in packed]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(media_types, "_CERTAIN", frozenset())
        assert [typed(head, path.name) for path, head in packed] == settled
    assert len(packed) > 10
