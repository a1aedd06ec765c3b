import contextlib
import lzma
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.content import Content
from forensics.errors import Malformed
from forensics.formats.archive_entries import read_entries
from forensics.formats.sevenzip_checksums import member_checksums, with_checksums
from forensics.resources import samples_folder

FILES = {"a.bin": b"a" * 3000, "b.txt": b"", "c.wav": bytes(range(256)) * 99, "d/e.txt": b"hello"}


def archived(folder: Path, *options: str) -> Content:
    if shutil.which("7z") is None:
        pytest.skip("7z is not installed")
    for name, data in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    subprocess.run(["7z", "a", "-psecret", *options, "x.7z", *FILES], cwd=folder, check=True, capture_output=True)
    return Content.at(folder / "x.7z")


@pytest.mark.parametrize("options", [(), ("-ms=off",), ("-mhc=off",)])
def test_every_locked_member_has_the_crc_of_its_bytes(tmp_path: Path, options: tuple[str, ...]) -> None:
    content = archived(tmp_path, *options)
    found = {entry.name: entry.crc32 for entry in with_checksums(read_entries(content, ("7zip",)), content)}
    assert {name: found[name] for name in FILES} == {name: zlib.crc32(data) for name, data in FILES.items()}


def test_a_locked_header_tells_nothing(tmp_path: Path) -> None:
    with pytest.raises(Malformed):
        member_checksums(archived(tmp_path, "-mhe=on"))


@given(st.data())
def test_any_bytes_raise_only_what_is_said(data: st.DataObject) -> None:
    sample = bytearray((samples_folder() / "locked/hit.7z").read_bytes())
    at = data.draw(st.integers(len(sample) - 122, len(sample) - 1))
    sample[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Malformed, lzma.LZMAError):
        member_checksums(Content.of(bytes(sample)))
