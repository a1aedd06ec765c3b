"""Packed WebSocket messages: each may refer back to those before, on either side."""

import random
import zlib

import pytest

from forensics.channels.exchange import Exchange
from tests.channels.script import CLIENT, ENDS, SERVER, tell

RNG = random.Random(6)
TEXTS = [RNG.randbytes(900).hex().encode() for _ in range(3)]
MESSAGES = [TEXTS[0] * 2, TEXTS[0] + TEXTS[1], TEXTS[1] * 3, TEXTS[2]]
HELLO = [
    (CLIENT, b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
    (SERVER, b"HTTP/1.1 101 ok\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
]


def packed(messages, *, is_final=False):
    deflater, out = zlib.compressobj(9, zlib.DEFLATED, -15), []
    for message in messages:
        data = deflater.compress(message) + deflater.flush(zlib.Z_FINISH if is_final else zlib.Z_SYNC_FLUSH)
        if is_final:
            deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
        out.append(data + b"\x00" if is_final else data.removesuffix(b"\x00\x00\xff\xff"))
    return out


def frame(data):
    return b"\xc2\xfe" + len(data).to_bytes(2, "big") + bytes(4) + data


def found(script, step=0):
    exchange = Exchange()
    tell(exchange.open("k", ENDS, 1000.0), [*HELLO, *script, (CLIENT, None), (SERVER, None)], step=step)
    return [each for each in exchange.take() if getattr(each, "protocol", "") == "websocket"]


@pytest.mark.parametrize("step", [0, 1, 7])
@pytest.mark.parametrize("is_final", [False, True])
def test_every_packed_message_is_plain(step, is_final):
    script = [(CLIENT, frame(data)) for data in packed(MESSAGES, is_final=is_final)]
    objects = found(script, step)
    assert [each.content.bytes() for each in objects] == MESSAGES
    assert {each.encoding for each in objects} == {""}


def test_behind_a_hole_nothing_is_made_up():
    frames = [frame(data) for data in packed(MESSAGES)]
    script = [
        (CLIENT, frames[0]),
        (CLIENT, frames[1][:100]),
        (CLIENT, 50),
        (CLIENT, frames[1][150:]),
        (CLIENT, frames[2]),
    ]
    whole = [each.content.bytes() for each in found(script) if not each.missing and not each.encoding]
    assert whole == MESSAGES[:1]
