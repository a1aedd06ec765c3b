import socket
import subprocess
import time

import pytest
import rfc3161_client
from hypothesis import given
from hypothesis import strategies as st

from forensics.custody import bundle, notes, stamps
from forensics.errors import Malformed
from tests.custody.authority import Authority, served
from tests.custody.bundled import LOG_KEY, findings, opened, signed_heads, write_whole
from tests.custody.made import log

NONCE = 0xFEDCBA9876543210
_SHA512 = bytes.fromhex("300d06096086480165030402030500")
ENTRIES = log(5)
HEAD = signed_heads(ENTRIES, 5)[0]
NOTE = stamps.stamped(HEAD)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def answer(authority):
    return authority.answer(stamps.request(NOTE, nonce=NONCE))


def test_openssl_reads_the_request_as_it_was_meant(tmp_path):
    path = tmp_path / "query"
    path.write_bytes(stamps.request(NOTE, nonce=NONCE))
    said = subprocess.run(
        ["openssl", "ts", "-query", "-in", path, "-text"], capture_output=True, text=True, check=True
    ).stdout
    assert "Hash Algorithm: sha256" in said
    assert f"Nonce: 0x{NONCE:X}" in said
    assert "Certificate required: yes" in said


@given(st.integers(0, 2**64 - 1))
def test_a_request_carries_any_nonce(nonce):
    made = stamps.request(b"text", nonce=nonce)
    assert (made[1], made[56], made[57]) == (len(made) - 2, 0x02, len(made) - 61)
    assert int.from_bytes(made[58:-3], "big", signed=True) == nonce


def test_a_stamp_holds_and_says_when_and_who(authority, answer):
    stamp = stamps.check(answer, NOTE, roots=[authority.root], nonce=NONCE)
    assert abs(stamp.time - time.time()) < 3600
    assert (stamp.authority, stamp.policy) == ("CN=Stamps of the tests signer", "1.2.3.4.1")
    assert stamps.check(answer, NOTE, roots=[authority.root]) == stamp


def test_an_answer_with_its_certificates_in_any_order_is_read(answer):
    with pytest.raises(ValueError, match="InvalidSetOrdering"):
        rfc3161_client.decode_timestamp_response(answer)
    ordered = stamps._with_ordered_certificates(answer)
    assert len(ordered) == len(answer)
    assert len(rfc3161_client.decode_timestamp_response(ordered).signed_data.certificates) == 3


def test_what_is_stamped_stays_the_same_whoever_cosigns(authority):
    (own,) = notes.Note.parse(NOTE).signatures
    assert (own.name, len(HEAD.signatures)) == (LOG_KEY.name, 2)


def test_openssl_takes_the_stamp_of_a_bundle_as_the_readme_says(authority, answer, tmp_path):
    for name, data in (("1.note", NOTE), ("1.tsr", answer)):
        with opened(tmp_path, f"stamps/{name}") as out:
            out.write(data)
    write_whole(tmp_path, ENTRIES, [HEAD])
    (tmp_path / "roots.pem").write_bytes(authority.root)
    (call,) = [line for line in bundle.explanation().decode().splitlines() if "openssl ts -verify" in line]
    said = subprocess.run(call.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verification: OK" in said.stdout + said.stderr
    assert findings(tmp_path) == []


def test_a_stamp_of_another_head_is_told(tmp_path):
    for place, note in enumerate((signed_heads(ENTRIES, 4)[0], HEAD)):
        with opened(tmp_path, f"stamps/{place}.note") as out:
            out.write(stamps.stamped(note))
    write_whole(tmp_path, ENTRIES, [HEAD])
    assert findings(tmp_path) == ["BROKEN  stamp 0.note: is of no head of this bundle"]


def test_a_stamp_over_something_else_does_not_hold(authority, answer):
    with pytest.raises(Malformed, match="does not hold"):
        stamps.check(answer, NOTE + b" ", roots=[authority.root])


def test_an_old_answer_does_not_hold(authority, answer):
    with pytest.raises(Malformed, match="Nonce"):
        stamps.check(answer, NOTE, roots=[authority.root], nonce=NONCE + 1)


def test_a_stamp_by_another_authority_does_not_hold(answer, tmp_path):
    with pytest.raises(Malformed, match="does not hold"):
        stamps.check(answer, NOTE, roots=[Authority(tmp_path).root])


def test_no_roots_are_no_trust(answer):
    with pytest.raises(Malformed):
        stamps.check(answer, NOTE, roots=[])


def test_a_refusal_is_told(authority):
    refused = authority.answer(stamps.request(NOTE, nonce=NONCE).replace(stamps._SHA256, _SHA512))
    with pytest.raises(Malformed, match="granted no stamp"):
        stamps.check(refused, NOTE, roots=[authority.root])


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_no_changed_byte_of_a_stamp_goes_unseen(authority, answer):
    """Each byte in turn, by steps: the status text and what stands outside the signature may say the same still."""
    whole = stamps.check(answer, NOTE, roots=[authority.root], nonce=NONCE)
    for place in range(0, len(answer), 7):
        bent = bytearray(answer)
        bent[place] ^= 0x01
        try:
            assert stamps.check(bytes(bent), NOTE, roots=[authority.root], nonce=NONCE) == whole
        except Malformed:
            continue


@given(st.binary(max_size=200))
def test_any_bytes_are_malformed(data):
    with pytest.raises(Malformed):
        stamps.check(data, NOTE, roots=[])


def test_a_stamp_is_got_over_http(authority):
    with served(authority) as url:
        got = stamps.ask(url, stamps.request(NOTE, nonce=7), timeout_s=30)
    assert stamps.check(got, NOTE, roots=[authority.root], nonce=7).authority.endswith("signer")


@pytest.mark.parametrize(("path", "said"), [("large", "more than"), ("moved", "302")])
def test_an_authority_that_does_not_behave_gives_no_answer(authority, path, said):
    with served(authority) as url, pytest.raises(OSError, match=said):
        stamps.ask(url + path, b"", timeout_s=30)


def test_an_authority_that_is_not_there_gives_no_answer():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(OSError, match="refused"):
            stamps.ask(f"http://127.0.0.1:{taken.getsockname()[1]}/", b"", timeout_s=30)


def test_a_silent_authority_is_left_after_a_while():
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TimeoutError):
        stamps.ask(f"http://127.0.0.1:{silent.getsockname()[1]}/", b"", timeout_s=0.1)


def test_only_http_is_spoken(tmp_path):
    for url in (f"file://{tmp_path}", "ftp://127.0.0.1/", "data:,x"):
        with pytest.raises(OSError, match="begins with"):
            stamps.ask(url, b"", timeout_s=1)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_a_certificate_of_no_known_version_is_malformed_like_the_rest(authority, answer):
    version = bytes.fromhex("a003020102")
    assert answer.count(version) == 3
    with pytest.raises(Malformed):
        stamps.check(answer.replace(version, bytes.fromhex("a003020103")), NOTE, roots=[authority.root])
