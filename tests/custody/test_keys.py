import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.custody import keys
from forensics.custody.keys import Use, VerifierKey, signing_key
from forensics.errors import Malformed, StoreError

# The key and id that the tests of Go's note package use.
KNOWN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SECRET = bytes(range(32))


def test_a_key_of_another_implementation_is_read():
    key = VerifierKey.parse(KNOWN)
    assert (key.name, key.use, key.id.hex()) == ("PeterNeumann", Use.NOTE, "c74f20a3")
    assert str(key) == KNOWN


@pytest.mark.parametrize("use", list(Use))
def test_a_key_text_is_read_back(use):
    key = signing_key(SECRET, "earwitness/ab/1", use=use).verifier
    assert VerifierKey.parse(str(key)) == key


def test_name_and_use_are_part_of_the_key_id():
    ids = {signing_key(SECRET, name, use=use).verifier.id for name in ("a", "b") for use in Use}
    assert len(ids) == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+" * 5,
        KNOWN[:-1],
        KNOWN.replace("c74f", "c740"),
        KNOWN.replace("Peter", "Pieter"),
        KNOWN.replace("Peter", "Peter "),
        KNOWN.replace("+ARpc", "+BhpC"),
        KNOWN + "\n",
        "\x1b]52;c;aGk=\x07+00+AA==",
    ],
)
def test_what_is_no_key_is_refused_without_obeying_it(text):
    with pytest.raises(Malformed) as told:
        VerifierKey.parse(text)
    assert "\x1b" not in str(told.value)


@given(st.text())
def test_any_text_is_a_key_or_malformed(text):
    with pytest.raises(Malformed):
        VerifierKey.parse(text)


def test_base64_is_taken_in_one_spelling_alone():
    assert keys.decoded("QQ==") == b"A"
    for other in ("QR==", "QQ=", "QQ", "Q Q==", "QQ==\n", "é"):
        with pytest.raises(Malformed):
            keys.decoded(other)


def test_a_signature_holds_for_its_own_message_alone():
    key = signing_key(SECRET, "log")
    made = key.sign(b"text")
    assert key.verifier.accepts(made, b"text")
    assert not key.verifier.accepts(made, b"other")
    assert not key.verifier.accepts(made[:-1], b"text")
    no_point = VerifierKey(name="log", use=Use.NOTE, public=b"\xff" * 32)
    assert not no_point.accepts(made, b"text")


def test_a_made_key_is_its_owners_alone_and_found_again(tmp_path):
    keys.create_key(tmp_path, SECRET)
    assert [path.name for path in tmp_path.iterdir()] == [keys.KEY_FILE]
    assert (tmp_path / keys.KEY_FILE).stat().st_mode & 0o7777 == 0o600
    assert keys.load_key(tmp_path, "log").verifier == signing_key(SECRET, "log").verifier


def test_openssl_reads_the_key(tmp_path):
    keys.create_key(tmp_path, SECRET)
    said = subprocess.run(
        ["openssl", "pkey", "-in", tmp_path / keys.KEY_FILE, "-pubout", "-outform", "DER"],
        capture_output=True,
        check=True,
    )
    assert said.stdout.endswith(signing_key(SECRET, "log").verifier.public)


def test_a_key_is_made_once(tmp_path):
    keys.create_key(tmp_path, SECRET)
    with pytest.raises(StoreError, match="already"):
        keys.create_key(tmp_path, bytes(32))
    assert keys.load_key(tmp_path, "log").verifier == signing_key(SECRET, "log").verifier


def test_a_key_that_others_may_read_is_not_used(tmp_path):
    keys.create_key(tmp_path, SECRET)
    (tmp_path / keys.KEY_FILE).chmod(0o640)
    with pytest.raises(StoreError, match="others"):
        keys.load_key(tmp_path, "log")


@pytest.mark.parametrize("content", [b"", b"junk", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_is_no_key_is_refused(tmp_path, content):
    path = tmp_path / keys.KEY_FILE
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(StoreError, match="no signing key"):
        keys.load_key(tmp_path, "log")


def test_a_key_of_another_kind_is_refused(tmp_path):
    path = tmp_path / keys.KEY_FILE
    subprocess.run(["openssl", "genpkey", "-algorithm", "X25519", "-out", path], capture_output=True, check=True)
    path.chmod(0o600)
    with pytest.raises(StoreError, match="Ed25519"):
        keys.load_key(tmp_path, "log")


def test_no_key_is_an_error_that_says_so(tmp_path):
    with pytest.raises(StoreError, match="cannot be read"):
        keys.load_key(tmp_path, "log")
    with pytest.raises(StoreError, match="cannot be written"):
        keys.create_key(tmp_path / "missing", SECRET)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b"])
def test_a_name_that_no_key_can_have_is_refused(name):
    with pytest.raises(ValueError, match="name"):
        signing_key(SECRET, name)
