"""TLS as the ssl module speaks it: told of without keys, opened with them, however it is cut, torn or late."""

import random
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.channels.exchange import Exchange
from forensics.channels.tls import HELD_LIMIT_BYTES, Tls
from forensics.channels.tls_latecomers import PATIENCE_S
from forensics.interception import objects_of
from forensics.model import Opaque, WireObject
from forensics.wire.keylog import KeyLog
from tests.channels.script import CLIENT, ENDS, SERVER, hang_up, tell
from tests.channels.test_small_channels import MAIL
from tests.channels.tls_talk import HOST, Talk, certificate, found, gaps, objects, opaque

BODY = random.Random(5).randbytes(150_000)
OK = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
MODERN, CLASSIC = ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2
MAC_FIRST = 1 << 19
"""OpenSSL's option for CBC as it was before RFC 7366."""
CAPTURES = Path(__file__).resolve().parents[2].parent / "shared" / "captures"


def put(body, name="clip.wav"):
    return (
        b"PUT /in/%s HTTP/1.1\r\nHost: drop.example\r\nContent-Length: %d\r\n\r\n" % (name.encode(), len(body)) + body
    )


def upload(body=BODY, **options):
    talk = Talk(**options)
    talk.say(CLIENT, put(body))
    talk.say(SERVER, OK)
    return talk


KINDS = {
    "TLS 1.3": {},
    "AES-GCM": {"version": CLASSIC, "ciphers": "ECDHE-RSA-AES128-GCM-SHA256"},
    "AES-256-GCM": {"version": CLASSIC, "ciphers": "AES256-GCM-SHA384"},
    "ChaCha20": {"version": CLASSIC, "ciphers": "ECDHE-ECDSA-CHACHA20-POLY1305", "kind": "ec"},
    "AES-CCM": {"version": CLASSIC, "ciphers": "ECDHE-ECDSA-AES256-CCM", "kind": "ec"},
    "AES-CCM-8": {"version": CLASSIC, "ciphers": "ECDHE-ECDSA-AES128-CCM8", "kind": "ec"},
    "CBC SHA-1": {"version": CLASSIC, "ciphers": "ECDHE-RSA-AES128-SHA"},
    "CBC SHA-256": {"version": CLASSIC, "ciphers": "AES128-SHA256"},
    "CBC SHA-384": {"version": CLASSIC, "ciphers": "ECDHE-RSA-AES256-SHA384"},
    "CBC, MAC first": {"version": CLASSIC, "ciphers": "ECDHE-RSA-AES256-SHA", "options": MAC_FIRST},
    "CBC SHA-384, MAC first": {"version": CLASSIC, "ciphers": "ECDHE-RSA-AES256-SHA384", "options": MAC_FIRST},
}


@pytest.fixture(scope="module")
def uploads():
    return {name: upload(**options) for name, options in KINDS.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_an_upload_comes_out_exact(uploads, kind):
    seen = found(uploads[kind].script, uploads[kind].keys)
    (sent,) = objects(seen)
    assert (sent.protocol, sent.name, sent.direction.value, sent.missing) == ("http", "clip.wav", "up", ())
    assert sent.content.bytes() == BODY
    assert sent.uri == "https://drop.example/in/clip.wav"
    assert not gaps(seen)
    assert not opaque(seen)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_versions_open_too(version):
    try:
        talk = upload(version=version, ciphers="AES128-SHA:@SECLEVEL=0")
    except ssl.SSLError:
        pytest.skip("this OpenSSL does not speak it any more")
    (sent,) = objects(found(talk.script, talk.keys))
    assert sent.content.bytes() == BODY


@pytest.mark.parametrize("kind", ["TLS 1.3", "CBC SHA-1"])
@pytest.mark.parametrize("step", [1, 2, 5, 63, 4096])
def test_how_the_bytes_are_cut_does_not_matter(kind, step):
    talk = upload(BODY[:3000], **KINDS[kind])
    whole, cut = found(talk.script, talk.keys), found(talk.script, talk.keys, step=step)
    assert [summary(each) for each in cut] == [summary(each) for each in whole]
    whole, cut = found(talk.script, None), found(talk.script, None, step=step)
    assert [summary(each) for each in cut] == [summary(each) for each in whole]


def summary(item):
    if isinstance(item, WireObject):
        return item.name, item.content.bytes(), item.position, item.missing, item.direction
    return item.name, item.up, item.down, item.facts


def test_without_keys_one_line_tells_of_it():
    talk = upload(alpn=("h2", "http/1.1"))
    (told,) = found(talk.script, None)
    up, down = (sum(len(said) for side, said in talk.script if side == by) for by in (CLIENT, SERVER))
    assert isinstance(told, Opaque)
    assert (told.protocol, told.name, told.up, told.down) == ("tls", HOST, up, down)
    assert told.facts == {
        "version": "TLS 1.3",
        "cipher": "TLS_AES_256_GCM_SHA384",
        "alpn": "h2,http/1.1",
        "ja4": told.facts["ja4"],
    }
    assert told.facts["ja4"][:4] + told.facts["ja4"][8:11] == "t13dh2_"


def test_with_a_key_log_that_lacks_it_too():
    talk = upload()
    other = upload(b"x")
    assert [type(each) for each in found(talk.script, other.keys)] == [Opaque]


def test_certificates_are_objects_up_to_tls_1_2():
    talk = upload(version=CLASSIC, alpn=("http/1.1",))
    certificate_seen, told = found(talk.script, None)
    der = x509.load_pem_x509_certificate(certificate("rsa")[0]).public_bytes(Encoding.DER)
    assert certificate_seen.content.bytes() == der
    assert (certificate_seen.protocol, certificate_seen.is_part) == ("tls", True)
    assert (certificate_seen.media_type, certificate_seen.direction) == ("application/pkix-cert", "down")
    assert told.facts["alpn_chosen"] == "http/1.1"


@pytest.mark.parametrize("kind", KINDS)
def test_without_keys_nobody_cares_after_the_handshake(uploads, kind):
    exchange = Exchange()
    conversation = exchange.open("k", ENDS, 1.0)
    interest = []
    for side, said in uploads[kind].script:
        conversation.data(side, said, 1.0)
        interest.append(conversation.is_interested)
    assert interest[0]
    assert not interest[-2]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 1448, 50_000])
def test_behind_a_hole_it_goes_on(uploads, kind, size):
    talk, rng = uploads[kind], random.Random(size)
    for _ in range(6):
        script, lost = with_hole(talk.script, CLIENT, rng, size, since=30_000)
        seen = found(script, talk.keys)
        (sent,) = objects(seen)
        assert 0 < sent.missing_bytes <= size + 2 * 16384
        assert sent.content.size + missing_end(sent) == len(BODY)
        assert agrees(sent, BODY), lost


def with_hole(script, side, rng, size, *, since=0):
    """The script with `size` bytes of what a side says lost somewhere behind `since`."""
    stream = b"".join(said for by, said in script if by == side)
    first = next(at for at, (by, said) in enumerate(script) if by == side and len(said) > 30_000)
    before = sum(len(said) for by, said in script[:first] if by == side)
    long = script[first][1]
    at = rng.randrange(max(0, since - before), len(long) - size - 20_000)
    assert before + len(long) <= len(stream)
    return [*script[:first], (side, long[:at]), (side, size), (side, long[at + size :]), *script[first + 1 :]], at


def missing_end(sent):
    return sum(gap.size for gap in sent.missing if gap.end > sent.content.size)


def agrees(sent, truth):
    """Say whether what is there of an object is what was sent."""
    data = sent.content.bytes()
    is_seen = [True] * len(data)
    for gap in sent.missing:
        is_seen[gap.start : gap.end] = [False] * len(is_seen[gap.start : gap.end])
    return all(ours == theirs for ours, theirs, is_here in zip(data, truth, is_seen, strict=False) if is_here)


@pytest.mark.parametrize("kind", KINDS)
def test_a_hole_in_the_handshake_costs_little(uploads, kind):
    """The server's certificate is lost, or what the client says when it changes keys."""
    talk = uploads[kind]
    flight = next(at for at, (side, _) in enumerate(talk.script) if side == SERVER)
    said = talk.script[flight][1]
    script = list(talk.script)
    script[flight : flight + 1] = [(SERVER, said[:300]), (SERVER, 400), (SERVER, said[700:])]
    (sent,) = objects(found(script, talk.keys))
    assert sent.content.bytes() == BODY


def test_a_torn_end_is_missing():
    talk = Talk()
    talk.say(SERVER, b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\n\r\n" + BODY[:40_000])
    side, said = talk.script[-1]
    (sent,) = objects(found([*talk.script[:-1], (side, said[:-1000])], talk.keys))
    assert sent.missing_bytes > 0
    assert agrees(sent, BODY)


def test_a_side_whose_secret_is_missing_is_a_gap():
    talk = upload()
    lines = talk.keys.splitlines(keepends=True)
    keys = b"".join(line for line in lines if not line.startswith((b"SERVER_TRAFFIC", b"SERVER_HANDSHAKE")))
    seen = found(talk.script, keys)
    assert [each.content.bytes() for each in objects(seen)] == [BODY]
    (gap,) = gaps(seen)
    assert (gap.channel, gap.cause) == ("tls", "not decrypted")
    assert gap.size >= len(OK)


def test_without_the_handshake_secrets_those_of_the_traffic_do():
    talk = upload()
    lines = talk.keys.splitlines(keepends=True)
    seen = found(talk.script, b"".join(line for line in lines if b"HANDSHAKE" not in line))
    assert [each.content.bytes() for each in objects(seen)] == [BODY]


class Late:
    """A key log that tells nothing until it is opened."""

    def __init__(self, keys):
        self._log = KeyLog()
        self._log.learn(keys)
        self.is_open = False

    def secrets(self, random):
        return self._log.secrets(random) if self.is_open else {}


@pytest.mark.parametrize("kind", ["TLS 1.3", "AES-GCM"])
@pytest.mark.parametrize("moment", range(8))
def test_keys_that_come_late_open_all(uploads, kind, moment):
    talk = uploads[kind]
    log = Late(talk.keys)
    exchange = Exchange(keys=log.secrets)
    conversation = exchange.open("k", ENDS, 1000.0)
    script = [*talk.script, *hang_up(talk.script)]
    for number, event in enumerate(script):
        if number == moment:
            log.is_open = True
        tell(conversation, [event])
    conversation.counted(1, 1, 1002.0)
    log.is_open = True
    exchange.flush(1003.0)
    (sent,) = objects(exchange.take())
    assert sent.content.bytes() == BODY


def test_keys_are_not_waited_for_forever(uploads):
    log = Late(b"")
    exchange = Exchange(keys=log.secrets)
    conversation = exchange.open("k", ENDS, 1000.0)
    tell(conversation, [*uploads["TLS 1.3"].script, (CLIENT, None), (SERVER, None)])
    conversation.counted(7, 8, 1002.0)
    exchange.flush(1003.0)
    assert not exchange.take()
    exchange.flush(1003.0 + PATIENCE_S)
    (told,) = exchange.take()
    assert (told.up, told.down, told.name) == (7, 8, HOST)


def test_what_is_held_is_bounded():
    talk = Talk()
    exchange = Exchange(keys=Late(b"").secrets)
    conversation = exchange.open("k", ENDS, 1000.0)
    tell(conversation, talk.script)
    for _ in range(HELD_LIMIT_BYTES // len(BODY) + 2):
        talk.say(CLIENT, BODY)
        tell(conversation, talk.script[-1:])
    assert not conversation.is_interested


def test_sides_may_be_told_in_another_order(uploads):
    """What the server said waits for a packet sent again, while the client's bytes are there."""
    for kind in KINDS:
        talk = uploads[kind]
        script = sorted(talk.script[:-1], key=lambda event: event[0])
        (sent,) = objects(found([*script, talk.script[-1]], talk.keys))
        assert sent.content.bytes() == BODY, kind


def inside(plain, *, close=True):
    """An upload inside what both sides said in the clear."""
    talk = upload(BODY[:9000])
    return [*plain, *talk.script], talk.keys


STARTS = {
    "smtp": [(SERVER, b"220 mx\r\n"), (CLIENT, b"EHLO a\r\n"), (SERVER, b"250 STARTTLS\r\n"), (CLIENT, b"STARTTLS\r\n"),
             (SERVER, b"220 go\r\n")],
    "imap": [(SERVER, b"* OK hello\r\n"), (CLIENT, b"a STARTTLS\r\n"), (SERVER, b"a OK go\r\n")],
    "ftp": [(SERVER, b"220 ftp\r\n"), (CLIENT, b"AUTH TLS\r\n"), (SERVER, b"234 go\r\n")],
    "connect": [(CLIENT, b"CONNECT drop.example:443 HTTP/1.1\r\n\r\n"), (SERVER, b"HTTP/1.1 200 go\r\n\r\n")],
    "socks": [(CLIENT, b"\5\1\0"), (SERVER, b"\5\0"), (CLIENT, b"\5\1\0\1\1\2\3\4\0\x50"),
              (SERVER, b"\5\0\0\1\0\0\0\0\0\0")],
}  # fmt: skip


@pytest.mark.parametrize("plain", STARTS)
@pytest.mark.parametrize("step", [0, 1, 100])
def test_inside_other_protocols_it_is_opened_and_told_of(plain, step):
    talk = upload(BODY[:9000])
    script = [*STARTS[plain], *talk.script]
    (sent,) = objects(found(script, talk.keys, step=step))
    assert (sent.content.bytes(), sent.flow) == (BODY[:9000], "k/tunnel/tunnel")
    (told,) = opaque(found(script, None, step=step))
    up, down = (sum(len(said) for side, said in talk.script if side == by) for by in (CLIENT, SERVER))
    assert (told.protocol, told.name, told.up, told.down) == ("tls", HOST, up, down)


def test_mail_after_starttls_is_read():
    talk = Talk()
    for side, said in (
        (CLIENT, b"EHLO a\r\n"), (SERVER, b"250 ok\r\n"),
        (CLIENT, b"MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n"), (SERVER, b"250 ok\r\n250 ok\r\n354 go\r\n"),
        (CLIENT, MAIL + b"\r\n.\r\n"), (SERVER, b"250 ok\r\n"),
    ):  # fmt: skip
        talk.say(side, said)
    seen = objects(found([*STARTS["smtp"], *talk.script], talk.keys))
    assert {each.protocol for each in seen} == {"smtp"}
    assert any(each.content.bytes().rstrip() == MAIL.rstrip() for each in seen)


def test_files_put_by_ftp_over_tls_are_read_where_their_data_connections_speak_it():
    control, data = Talk(), Talk()
    for side, said in (
        (CLIENT, b"USER u\r\n"), (SERVER, b"230 ok\r\n"), (CLIENT, b"PROT P\r\n"), (SERVER, b"200 ok\r\n"),
        (CLIENT, b"PASV\r\n"), (SERVER, b"227 (192,0,2,80,200,10)\r\n"), (CLIENT, b"STOR clip.wav\r\n"),
        (SERVER, b"150 go\r\n"),
    ):  # fmt: skip
        control.say(side, said)
    data.say(CLIENT, BODY)
    for keys, count in ((control.keys + data.keys, 1), (control.keys, 0), (data.keys, 0)):
        log = KeyLog()
        log.learn(keys)
        exchange = Exchange(keys=log.secrets)
        tell(exchange.open("k", ENDS, 1000.0), [*STARTS["ftp"], *control.script])
        tell(exchange.open("d", ((ENDS[0][0], 40001), (ENDS[1][0], 51210)), 1001.0), [*data.script, *hang_up([])])
        exchange.finish()
        stored = [(each.protocol, each.name, each.content.bytes()) for each in objects(exchange.take())]
        assert stored == [("ftp", "clip.wav", BODY)] * count


def test_after_words_no_channel_knows_it_is_told_of():
    talk = upload(BODY[:9000], version=CLASSIC)
    plain = [(SERVER, b"+OK pop\r\n"), (CLIENT, b"STLS\r\n"), (SERVER, b"+OK begin\r\n")]
    (told,) = opaque(found([*plain, *talk.script], None))
    assert (told.protocol, told.name) == ("tls", HOST)


def test_a_hello_in_the_form_of_ssl_2():
    ciphers, challenge = b"\0\0\x2f\0\0\x35\7\0\xc0", bytes(range(16))
    hello = (
        b"\1\3\1" + b"".join(len(each).to_bytes(2, "big") for each in (ciphers, b"", challenge)) + ciphers + challenge
    )
    hello = (0x8000 | len(hello)).to_bytes(2, "big") + hello
    server = b"\2\0\0\x26\3\1" + bytes(32) + b"\0\0\x2f\0"
    script = [(CLIENT, hello), (SERVER, b"\x16\3\1" + len(server).to_bytes(2, "big") + server)]
    for step in (0, 1):
        (told,) = found(script, None, step=step)
        assert told.facts == {
            "version": "TLS 1.0", "cipher": "TLS_RSA_WITH_AES_128_CBC_SHA", "ja4": told.facts["ja4"]
        }  # fmt: skip
        assert told.facts["ja4"].startswith("t10i020000_")


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the shared captures are not here")
def test_the_published_fingerprint_of_a_public_capture():
    told = opaque(objects_of(CAPTURES / "arkime__tests__pcap__https3-301-get.pcap"))
    assert [each.facts["ja4"] for each in told] == ["t10d230100_6a57a6f57151_000000000000"]
    assert [each.name for each in told] == ["www.github.com"]


@pytest.fixture(scope="module")
def small():
    return {name: upload(BODY[:2000], **KINDS[name]) for name in ("TLS 1.3", "AES-GCM", "CBC SHA-1")}


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_whatever_becomes_of_the_bytes_nothing_is_made_up(small, data):
    """Bytes changed, left out, put in: no exception, and what is there of an object was sent."""
    talk = small[data.draw(st.sampled_from(sorted(small)))]
    script = list(talk.script)
    for _ in range(data.draw(st.integers(1, 3))):
        number = data.draw(st.integers(0, len(script) - 1))
        side, said = script[number]
        if isinstance(said, int):
            continue
        at = data.draw(st.integers(0, len(said)))
        size = data.draw(st.integers(0, 60))
        put_in = data.draw(st.one_of(st.just(None), st.binary(max_size=20)))
        middle = [(side, size)] if put_in is None and size else [(side, put_in or b"")]
        script[number : number + 1] = [(side, said[:at]), *middle, (side, said[at + size :])]
    for each in objects(found(script, talk.keys, step=data.draw(st.sampled_from([0, 7])))):
        assert agrees(each, BODY[:2000])


@settings(max_examples=80, deadline=None)
@given(
    head=st.sampled_from([b"", b"\x16\3\1\0\5\1", b"\x80\x2e\1\3\1", b"\x16\3\3\0\4\2"]), rest=st.binary(max_size=400)
)
def test_any_bytes_are_taken(head, rest):
    Tls.claims((head + rest, b""))
    found([(CLIENT, head + rest), (SERVER, rest), (CLIENT, 5), (CLIENT, rest)], b"")
    found([(SERVER, head + rest), (CLIENT, rest)], None, step=3)
