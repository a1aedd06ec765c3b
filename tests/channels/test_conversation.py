"""Connections joined in their middle: what is said later is read, however it is cut and whatever was said before."""

import pytest

from forensics.channels.conversation import HELD_LIMIT_BYTES
from forensics.channels.exchange import Exchange
from forensics.model import WireObject
from tests.channels.script import CLIENT, SERVER

LETTER = b"Subject: a clip\r\nContent-Disposition: attachment; filename=a.wav\r\n\r\nthe sound\r\n"
MAIL = [
    (SERVER, b"250 queued\r\n"),
    (CLIENT, b"mail FROM:<a@desk.example> size=90\r\n"),
    (SERVER, b"250 ok\r\n"),
    (CLIENT, b"rcpt TO:<b@far.example>\r\n"),
    (SERVER, b"250 ok\r\n"),
    (CLIENT, b"data\r\n"),
    (SERVER, b"354 go on\r\n"),
    (CLIENT, LETTER + b".\r\n"),
]
APPEND = [
    (SERVER, b"PCGG2 OK done\r\n"),
    (CLIENT, b"PCGG3 APPEND Sent {%d}\r\n" % len(LETTER)),
    (SERVER, b"+ go on\r\n"),
    (CLIENT, LETTER + b"\r\n"),
]
BEFORE = {"a line": b"end\r\n", "much": b"dGhlIHNvdW5k\r\n" * 600, "more than is held": b"x" * (HELD_LIMIT_BYTES + 1)}


def joined(script, *, step):
    """The names of what comes of a conversation whose turns are told in pieces, with moments between them."""
    exchange, time = Exchange(), 1000.0
    listener = exchange.open("k", (("10.1.0.5", 40000), ("192.0.2.80", 2525)), time)
    for side, what in script:
        time += 0.001
        for at in range(0, len(what), step):
            piece = what[at : at + step]
            if listener.is_interested or listener.glance(side, piece[:4096], time):
                listener.data(side, piece, time)
    for side in (CLIENT, SERVER):
        listener.closed(side, time)
    exchange.finish()
    return [each.name for each in exchange.take() if isinstance(each, WireObject)]


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("script", [MAIL, APPEND], ids=["smtp", "imap"])
def test_a_message_sent_later_is_read(script, before, step):
    if step == 1 and before == "more than is held":
        step = 3
    assert joined([(CLIENT, BEFORE[before]), *script], step=step) == ["a.wav", "a clip.eml"]


def test_a_file_is_announced_on_a_control_connection_joined_late():
    exchange = Exchange()
    control = exchange.open("control", (("10.1.0.5", 40000), ("192.0.2.80", 2121)), 1000.0)
    for side, line in (
        (SERVER, b"226 Transfer complete.\r\n"),
        (CLIENT, b"PASV\r\n"),
        (SERVER, b"227 here (192,0,2,80,200,10)\r\n"),
        (CLIENT, b"STOR a.wav\r\n"),
    ):
        control.data(side, line, 1000.0)
    data = exchange.open("data", (("10.1.0.5", 40001), ("192.0.2.80", 51210)), 1000.0)
    data.data(CLIENT, b"the sound", 1000.0)
    data.closed(CLIENT, 1000.0)
    data.closed(SERVER, 1000.0)
    (found,) = exchange.take()
    assert found.name == "a.wav"


def test_a_post_office_is_no_ftp_server():
    script = [(SERVER, b"+OK ready\r\n"), (CLIENT, b"USER bob\r\n"), (SERVER, b"+OK\r\n"), (CLIENT, b"PASS x\r\n")]
    exchange = Exchange()
    listener = exchange.open("k", (("10.1.0.5", 40000), ("192.0.2.80", 110)), 1000.0)
    for side, line in script:
        listener.data(side, line, 1000.0)
    assert not listener.is_claimed
