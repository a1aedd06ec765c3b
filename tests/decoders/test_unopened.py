"""What nothing here opens is said to be unread."""

from __future__ import annotations

import random
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest

from forensics.errors import Encrypted, Malformed
from tests.decoders.opening import opened, run_7z
from tests.decoders.split_archives import pieces, split_zip

NOISE = random.Random(5).randbytes(3000)


@pytest.mark.parametrize(
    ("head", "who"),
    [(b"Salted__", "OpenSSL"), (b"age-encryption.org/v1\n", "age"), (b"LUKS\xba\xbe\0\1", "LUKS")],
)
def test_what_is_locked_as_a_whole_is_encrypted(head: bytes, who: str) -> None:
    assert who in opened(head + NOISE).raised(Encrypted)


@pytest.mark.parametrize("options", [[], ["--armor"]])
def test_openpgp(options: list[str], tmp_path: Path) -> None:
    if shutil.which("gpg") is None:
        pytest.skip("gpg is not installed")
    (tmp_path / "plain").write_bytes(NOISE)
    lock = ["gpg", "--homedir", str(tmp_path), "--batch", "--pinentry-mode", "loopback", "--passphrase", "secret"]
    subprocess.run([*lock, *options, "-o", "locked", "-c", "plain"], cwd=tmp_path, check=True, capture_output=True)
    subprocess.run(["gpgconf", "--homedir", str(tmp_path), "--kill", "all"], check=False, capture_output=True)
    assert "OpenPGP" in opened((tmp_path / "locked").read_bytes()).raised(Encrypted)


@pytest.mark.parametrize("head", [b"\x89LZO\0\r\n\x1a\n", b"LRZI\0\6", bytes(7) + b"**ACE**", b"MSWIM\0\0\0"])
def test_what_is_packed_otherwise_is_unread(head: bytes) -> None:
    assert "nothing here opens" in opened(head + NOISE).raised(Malformed)


def test_arj_by_its_checksum() -> None:
    header = bytes([30, 11, 1, 0]) + bytes(30)
    arj = b"\x60\xea" + len(header).to_bytes(2, "little") + header + zlib.crc32(header).to_bytes(4, "little")
    assert "ARJ" in opened(arj + NOISE).raised(Malformed)
    assert opened(arj[:-1] + b"\xaa" + NOISE).errors == []


def test_a_volume_is_never_clean_and_noise_is() -> None:
    assert "'clips.7z.002' is named as one volume of a set" in opened(NOISE, "clips.7z.002").raised(Malformed)
    assert opened(NOISE, "noise.bin").errors == []


def test_every_volume_of_a_set_is_said_to_be_one(tmp_path: Path) -> None:
    whole = run_7z(tmp_path, "a.7z", files={"a.bin": NOISE})
    for name, data in {**split_zip("a", {"a.bin": NOISE}, 900), **pieces("a.7z", whole, 900)}.items():
        said = [str(error) for error in opened(data, name).errors]
        assert any("volume" in text for text in said), (name, said)
