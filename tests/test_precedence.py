"""What goes first over budget."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from forensics.content import Content
from forensics.precedence import Precedence
from forensics.register.schema import FILE
from forensics.register.storage import Issue, NewItem, RegisterWriter

ISSUE = Issue(package="P-1", programme="translator", recipient="r-1")


@pytest.mark.parametrize(
    ("head", "is_first"),
    [
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", True),
        (b"\xff\xfb\x90\x64", True),
        (b"\x00\x00\x00\x20ftypM4A ", True),
        (b"PK\x03\x04", True),
        (b"name" + bytes(253) + b"ustar\x0000", True),
        (b"%PDF-1.7", True),
        (b"\x7fELF", False),
        (b"words", False),
        (b"", False),
    ],
)
def test_sound_archives_and_documents_go_first(head: bytes, tmp_path: Path, *, is_first: bool) -> None:
    assert Precedence(tmp_path).is_first(Content.of(head)) is is_first


def test_what_was_registered_goes_first_by_its_size_and_checksum(tmp_path: Path) -> None:
    body = b"the words of the manifest"
    precedence = Precedence(tmp_path)
    assert not precedence.is_first(Content.of(body))
    item = NewItem(id="C-1", kind="file", name="m", sha256="a" * 64, size=len(body), crc32=zlib.crc32(body))
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(ISSUE, [item])
    assert precedence.is_first(Content.of(body))
    assert not precedence.is_first(Content.of(body[::-1]))
    assert not precedence.is_first(Content.of(body + b"."))


def test_what_cannot_be_read_and_a_register_that_is_none_are_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a register")
    assert not Precedence(tmp_path).is_first(Content.of(b"words"))
    assert not Precedence(tmp_path).is_first(Content.recorded(size=3, sha256=""))
