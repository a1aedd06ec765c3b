"""What nothing here opens is said to be unread."""

from __future__ import annotations

import random
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest

from forensics.errors import Encrypted, Malformed
from tests.decoders.opening import opened

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


def test_later_volumes_are_no_clean_bytes_and_noise_is() -> None:
    assert "volume" in opened(NOISE, "clips.7z.002").raised(Malformed)
    assert opened(NOISE, "noise.bin").errors == []
