"""What holds for every channel: nothing raises, and how the bytes are cut does not matter."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.channels.base import Peers
from forensics.channels.desk import Desk
from forensics.channels.exchange import Exchange, channel_kinds
from forensics.channels.observe import observation
from forensics.model import WireObject
from tests.channels import test_http, test_smtp
from tests.channels.script import CLIENT, CLOSE, ENDS, SERVER, everything, tell
from tests.channels.test_small_channels import FILE, MAIL, UPGRADE, frame

WORDS = [
    b"PUT /x HTTP/1.1\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"\r\n", b"5\r\nabcde\r\n",
    b"0\r\n\r\n", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n", b"--b\r\n", b"--b--\r\n",
    b"Content-Type: multipart/form-data; boundary=b\r\n", b"Content-Type: message/rfc822\r\n", b"\x82\x85abcd",
    b"EHLO x\r\n", b"DATA\r\n", b"354 go\r\n", b".\r\n", b".\n", b"BDAT 7 LAST\r\n", b"RSET\r\n", b"220 x\r\n",
    b"USER u\r\n", b"PASV\r\n", b"227 (1,2,3,4,5,6)\r\n", b"STOR f\r\n", b"EPRT |2|::1|9|\r\n", b"NICK n\r\n",
    b"PRIVMSG a :\x01DCC SEND f 1 2 3\x01\r\n", b"* OK\r\n", b"a APPEND x {9}\r\n", b"\5\1\0", b"\5\0", b"\4\1\0\x50",
    b"Content-Transfer-Encoding: base64\r\n", b"=?utf-8?b?/?=", b"filename*0*=utf-8''%ff;filename*9=x\r\n",
    b"CONNECT h:1 HTTP/1.1\r\n\r\n",
]  # fmt: skip
SAYING = st.one_of(st.sampled_from(WORDS), st.binary(max_size=40))
ACT = st.tuples(st.sampled_from([CLIENT, SERVER]), st.one_of(SAYING, st.integers(1, 1 << 20), st.just(CLOSE)))


def bounded_once(script):
    """A side that has ended says no more."""
    ended: set[int] = set()
    for side, what in script:
        if side not in ended:
            yield side, what
        if what is CLOSE:
            ended.add(side)


@settings(max_examples=300, deadline=None)
@given(st.lists(ACT, max_size=25))
def test_any_conversation_gives_objects_or_nothing(script):
    for found in everything(list(bounded_once(script))):
        if isinstance(found, WireObject):
            observation(found, host="h", sensor="s", capture="c", local=())
            assert found.content.size > 0


@pytest.mark.parametrize("kind", channel_kinds(), ids=lambda kind: kind.name)
@settings(max_examples=60, deadline=None)
@given(script=st.lists(ACT, max_size=20), heads=st.tuples(st.binary(max_size=30), st.binary(max_size=30)))
def test_any_bytes_may_be_told_to_any_channel(kind, script, heads):
    kind.claims(heads)
    if kind.name in ("ftp-data", "dcc"):
        return
    channel = kind(Peers(key="k", ends=ENDS), CLIENT, Desk())
    tell(channel, [*bounded_once([*script, (CLIENT, CLOSE), (SERVER, CLOSE)])])


@settings(max_examples=200, deadline=None)
@given(
    payloads=st.lists(st.one_of(st.binary(max_size=60), st.sampled_from([b"\0\2f\0octet\0", b"\0\3\0\1x"])), max_size=9)
)
def test_any_datagrams_give_objects_or_nothing(payloads):
    exchange = Exchange()
    for number, payload in enumerate(payloads):
        ends = ENDS if number % 2 else ENDS[::-1]
        exchange.hear(f"udp/{number}", ends, float(number)).datagram(
            0, payload, len(payload) + number % 3, float(number)
        )
    exchange.finish()


CHUNKED = b"PUT /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6; e\r\n world\r\n0\r\nT: 1\r\n\r\n"
PARTS = test_http.form(
    b'Content-Disposition: form-data; name="a"; filename="a.bin"\r\n\r\n' + FILE,
    b'Content-Disposition: form-data; name="b"; filename="b.bin"\r\n\r\n\r\n--Xy\r\n--XyZ.\r\n',
)
IMAP = [(CLIENT, b"a LOGIN u p\r\na APPEND x {%d}\r\n" % len(MAIL) + MAIL + b"\r\n")]
TALKS = {
    "http": [(CLIENT, CHUNKED + PARTS + CHUNKED), (SERVER, test_http.OK * 3)],
    "smtp": test_smtp.send(test_smtp.MESSAGE + b".\r\n..x\r\n"),
    "smtp-bare-end": test_smtp.send(b"Subject: s\r\n\r\nx\n.\ny\r\n", end=b".\n"),
    "imap": IMAP,
    "websocket": [*UPGRADE, (CLIENT, frame(2, FILE, is_last=False) + frame(0, FILE) + frame(1, b"t" * 2000))],
}


@pytest.mark.parametrize("name", TALKS)
@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 1000])
def test_cutting_the_bytes_differently_gives_the_same_objects(name, step):
    whole, cut = everything(TALKS[name]), everything(TALKS[name], step=step)
    assert whole
    assert [summary(found) for found in cut] == [summary(found) for found in whole]


def summary(found):
    return found.name, found.content.bytes(), found.position, found.missing, found.direction
