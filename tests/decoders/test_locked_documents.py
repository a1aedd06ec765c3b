"""Documents behind a password: Office packages in both ways of locking them, OpenDocument, PDF."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import struct
import zipfile
import zlib

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.errors import Encrypted
from forensics.resources import samples_folder
from tests.decoders.opening import opened, wav
from tests.decoders.test_documents import compound, docx

AGILE = (samples_folder() / "locked/agile.docx").read_bytes()
MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 16)


def standard(package: bytes, word: str) -> bytes:
    """Standard encryption with AES-128, after MS-OFFCRYPTO 2.3.4.5 to 2.3.4.9."""
    salt, proof = bytes(range(16)), bytes(range(50, 66))
    digest = hashlib.sha1(salt + word.encode("utf-16-le")).digest()
    for number in range(50_000):
        digest = hashlib.sha1(struct.pack("<L", number) + digest).digest()
    digest = hashlib.sha1(digest + bytes(4)).digest()
    key = hashlib.sha1(bytes(byte ^ 0x36 for byte in digest + bytes(44))).digest()[:16]
    lock = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    header = struct.pack("<8L", 0x24, 0, 0x660E, 0x8004, 128, 0x18, 0, 0) + "AES\0".encode("utf-16-le")
    verifier = struct.pack("<L", 16) + salt + lock.update(proof)
    verifier += struct.pack("<L", 20) + lock.update(padded(hashlib.sha1(proof).digest()))
    info = struct.pack("<HHLL", 3, 2, 0x24, len(header)) + header + verifier
    body = struct.pack("<Q", len(package)) + lock.update(padded(package))
    return compound({"EncryptionInfo": info, "EncryptedPackage": body})


def opendocument(files: dict[str, bytes], word: str, *, cipher: str = "aes256-cbc") -> bytes:
    """Locked as LibreOffice does it: deflated, then AES-256 with a key of PBKDF2, by what the manifest says."""
    entries, out = [], io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        for name, data in files.items():
            packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = packer.compress(data) + packer.flush()
            salt, vector = hashlib.md5(name.encode()).digest(), hashlib.md5(data).digest()
            key = hashlib.pbkdf2_hmac("sha1", hashlib.sha256(word.encode()).digest(), salt, 1000, 32)
            left = 16 - len(packed) % 16
            lock = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
            package.writestr(name, lock.update(packed + bytes([left]) * left))
            told = [base64.b64encode(each).decode() for each in (hashlib.sha256(packed[:1024]).digest(), vector, salt)]
            entries.append(
                f'<m:file-entry m:full-path="{name}" m:size="{len(data)}"><m:encryption-data m:checksum-type='
                f'"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0#sha256-1k" m:checksum="{told[0]}"><m:algorithm '
                f'm:algorithm-name="http://www.w3.org/2001/04/xmlenc#{cipher}" m:initialisation-vector="{told[1]}"/>'
                f'<m:start-key-generation m:start-key-generation-name="http://www.w3.org/2000/09/xmldsig#sha256"/>'
                f'<m:key-derivation m:key-derivation-name="PBKDF2" m:iteration-count="1000" m:salt="{told[2]}"/>'
                "</m:encryption-data></m:file-entry>"
            )
        package.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{MANIFEST}">{"".join(entries)}</m:manifest>')
    return out.getvalue()


TEXT = b"<o:d xmlns:o='o' xmlns:t='t'><t:p>Behind the password</t:p></o:d>"
ODT = opendocument({"content.xml": TEXT, "Media/clip.wav": wav()}, "secret")


@pytest.mark.parametrize("data", [AGILE, standard(docx(), "secret")], ids=["agile", "standard"])
def test_office_packages(data: bytes) -> None:
    (part,) = opened(data, "a.docx", passwords=["wrong", "secret"]).children
    assert part.facts == {"password": "2"}
    inner = opened(part.content.bytes(), part.name)
    assert "wordprocessingml" in inner.type
    assert "Hello wor" in inner.text() or "The words behind the password." in inner.text()
    assert "the one password does not fit" in opened(data, "a.docx", passwords=["wrong"]).raised(Encrypted)


def test_opendocument() -> None:
    result = opened(ODT, "a.odt", passwords=["wrong", "secret"])
    assert result.text().strip() == "Behind the password"
    assert (result.child("Media/clip.wav"), result.facts["password"], result.errors) == (wav(), "2", [])


@pytest.mark.parametrize("passwords", [[], ["wrong"]])
def test_opendocument_without_its_password_names_what_is_in_it(passwords: list[str]) -> None:
    result = opened(ODT, "a.odt", passwords=passwords)
    assert {"name": "Media/clip.wav", "size": len(wav())} in json.loads(result.facts["encrypted.members"])
    assert "2 encrypted members" in result.raised(Encrypted)
    assert (result.children, result.text()) == ([], "")


def test_opendocument_locked_otherwise_says_so() -> None:
    other = opendocument({"content.xml": TEXT}, "secret", cipher="blowfish")
    assert "a cipher that is not known" in opened(other, "a.odt", passwords=["secret"]).raised(Encrypted)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([AGILE, ODT]), st.lists(st.tuples(st.integers(0, 30_000), st.integers(0, 255)), max_size=6))
def test_damaged_locked_documents_end_in_a_report(data: bytes, changes: list[tuple[int, int]]) -> None:
    harmed = bytearray(data)
    for at, value in changes:
        harmed[at % len(harmed)] = value
    opened(bytes(harmed), passwords=["wrong"])
