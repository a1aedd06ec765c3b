"""TFTP, IRC, IMAP, WebSocket and SOCKS."""

import os
import struct

import pytest

from forensics.channels.exchange import Exchange
from tests.channels.script import CLIENT, CLOSE, ENDS, SERVER, brief, talk, tell

FILE = os.urandom(1300)


def tftp(blocks, request=b"\0\2clip.wav\0octet\0", server_port=5001, answers=()):
    exchange, pairs = Exchange(), {}
    client, server = ("10.1.0.5", 4000), ("192.0.2.69", 69)
    data = (server[0], server_port)

    def say(source, destination, payload, time):
        known = next((pair for ends, pair in pairs.items() if set(ends) == {source, destination}), None)
        if known is None:
            known = pairs[source, destination] = exchange.hear(f"udp/{len(pairs)}", (source, destination), time)
        known.datagram(known.peers.ends.index(source), payload, len(payload), time)

    say(client, server, request, 1.0)
    for payload in answers:
        say(data, client, payload, 1.5)
    for number, block in blocks:
        payload = struct.pack("!HH", 3, number) + block
        say(*((client, data) if request[1] == 2 else (data, client)), payload, 2.0)
    for pair in pairs.values():
        pair.over(3.0)
    return list(exchange.take())


BLOCKS = [(1, FILE[:512]), (2, FILE[512:1024]), (3, FILE[1024:])]


@pytest.mark.parametrize("order", [BLOCKS, [BLOCKS[0], BLOCKS[0], *BLOCKS[1:]], [BLOCKS[1], BLOCKS[0], BLOCKS[2]]])
def test_a_tftp_write(order):
    (found,) = tftp(order)
    assert brief(found) == ("up", "clip.wav", FILE)


def test_a_tftp_read_with_agreed_options():
    answers = [b"\0\6blksize\x001000\0"]
    (found,) = tftp([(1, FILE[:1000]), (2, FILE[1000:])], b"\0\1dir/x.zip\0OCTET\0blksize\x001000\0", answers=answers)
    assert brief(found) == ("down", "x.zip", FILE)


def test_a_tftp_block_never_seen_is_a_hole():
    (found,) = tftp([BLOCKS[0], BLOCKS[2]])
    assert found.missing_bytes == 512
    assert found.content.bytes() == FILE[:512] + bytes(512) + FILE[1024:]


def dcc(line, sender_is_first, *, from_client=True):
    exchange = Exchange()
    irc = exchange.open("irc", ENDS, 1.0)
    side = CLIENT if from_client else SERVER
    tell(irc, [(CLIENT, b"NICK me\r\nUSER me 0 * :me\r\n"), (SERVER, b":srv 001 me :hi\r\n"), (side, line)])
    listener = ("203.0.113.7", 1999)
    ends = (("10.1.0.5", 3333), listener)
    sender = 1
    talkers = [(sender, FILE), (1 - sender, struct.pack("!I", len(FILE))), (sender, CLOSE), (1 - sender, CLOSE)]
    tell(exchange.open("dcc", ends, 2.0), talkers)
    return list(exchange.take())


def test_a_file_offered_over_irc():
    line = b'PRIVMSG you :\x01DCC SEND "my clip.wav" %d 1999 1300\x01\r\n' % (203 << 24 | 113 << 8 | 7)
    (found,) = dcc(line, True)
    assert brief(found) == ("up", "my clip.wav", FILE)
    (found,) = dcc(b":them!u@h " + line, True, from_client=False)
    assert found.direction.value == "down"


MAIL = b"Subject: kept\r\n\r\nbody\r\n"


def test_messages_appended_and_fetched_over_imap():
    script = [
        (SERVER, b"* OK ready\r\n"),
        (CLIENT, b'a1 LOGIN "u" {1+}\r\np\r\n'),
        (CLIENT, b'a2 APPEND "Drafts" (\\Seen) {%d}\r\n' % len(MAIL)),
        (SERVER, b"a1 OK\r\n+ go\r\n"),
        (CLIENT, MAIL + b"\r\na3 UID FETCH 1 (BODY[])\r\n"),
        (SERVER, b"* 1 FETCH (UID 9 BODY[] {%d}\r\n" % len(MAIL) + MAIL + b")\r\n"),
    ]
    found = talk(script)
    assert [brief(each) for each in found if not each.is_part] == [("up", "kept.eml", MAIL), ("down", "kept.eml", MAIL)]
    assert found[0].uri.endswith("/Drafts")


UPGRADE = [
    (CLIENT, b"GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
    (SERVER, b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n"),
]


def frame(opcode, payload, *, is_last=True, mask=b"\x11\x22\x33\x44"):
    size = struct.pack("!BH", 126, len(payload)) if len(payload) > 125 else bytes([len(payload)])
    size = bytes([size[0] | 0x80]) + size[1:]
    masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    return bytes([opcode | (0x80 if is_last else 0)]) + size + mask + masked


def test_a_websocket_message_in_fragments_with_a_ping_between():
    frames = frame(2, FILE[:700], is_last=False) + frame(9, b"ping") + frame(0, FILE[700:])
    assert [brief(found) for found in talk([*UPGRADE, (CLIENT, frames + frame(2, b"small"))])] == [("up", "", FILE)]


PUT = b"PUT /x.wav HTTP/1.1\r\nContent-Length: 3\r\n\r\nRIF"


@pytest.mark.parametrize(
    "shake",
    [
        [
            (CLIENT, b"\5\2\0\2"),
            (SERVER, b"\5\2"),
            (CLIENT, b"\1\1u\2pw"),
            (SERVER, b"\1\0"),
            (CLIENT, b"\5\1\0\3\4h.ex\0\x50"),
            (SERVER, b"\5\0\0\1\0\0\0\0\0\0"),
        ],
        [
            (CLIENT, b"\5\1\0"),
            (SERVER, b"\5\0"),
            (CLIENT, b"\5\1\0\1\1\2\3\4\0\x50"),
            (SERVER, b"\5\0\0\1\0\0\0\0\0\0"),
        ],
        [(CLIENT, b"\4\1\0\x50\0\0\0\1user\0h.ex\0"), (SERVER, b"\0\x5a\0\0\0\0\0\0")],
        [(CLIENT, b"\4\1\0\x50\1\2\3\4\0"), (SERVER, b"\0\x5a\0\0\0\0\0\0")],
    ],
)
def test_what_goes_through_socks_is_read(shake):
    assert [brief(found) for found in talk([*shake, (CLIENT, PUT)])] == [("up", "x.wav", b"RIF")]
