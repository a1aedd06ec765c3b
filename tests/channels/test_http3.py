import random

import pylsqpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.channels.base import Peers
from forensics.channels.exchange import Exchange
from forensics.channels.http3 import Http3
from forensics.channels.http3_frames import find_frame
from forensics.channels.observe import observation
from forensics.channels.qpack import FIELDS_LIMIT_BYTES, FieldDecoder
from forensics.model import Gap, WireObject

CLIENT, SERVER = 0, 1
ENDS = (("10.1.0.5", 40000), ("192.0.2.80", 443))
END = None
DATA, HEADERS, SETTINGS, PROMISE = 0, 1, 4, 5
CONTROL, PUSH, ENCODER = 0, 1, 2
FILE = random.Random(6).randbytes(90_000)
CAPACITY = 4096


def varint(number):
    for bits, lead in ((6, 0), (14, 1), (30, 2), (62, 3)):
        if number < 1 << bits:
            return (number | lead << bits).to_bytes((bits + 2) // 8, "big")
    raise ValueError(number)


def frame(kind, payload=b""):
    return varint(kind) + varint(len(payload)) + payload


class Speaker:
    """One side, its header blocks packed with a table of its own; `learnt` is what its encoder stream says of it."""

    def __init__(self):
        self.encoder = pylsqpack.Encoder()
        self.learnt = varint(ENCODER) + self.encoder.apply_settings(CAPACITY, 16)

    def headers(self, stream, *fields):
        learnt, block = self.encoder.encode(stream, [(name.encode(), value.encode()) for name, value in fields])
        self.learnt += learnt
        return frame(HEADERS, block)

    def post(self, stream, path="/in/clip.wav", *fields, method="POST"):
        asked = [(":method", method), (":scheme", "https"), (":path", path), (":authority", "drop.example")]
        return self.headers(stream, *asked, *fields)

    def get(self, stream, path):
        return self.post(stream, path, method="GET")


def body(data, size=16_384):
    return b"".join(frame(DATA, data[at : at + size]) for at in range(0, len(data), size))


def settings_of(side):
    """A side's control stream."""
    return (2 if side == CLIENT else 3, side, varint(CONTROL) + frame(SETTINGS, varint(1) + varint(CAPACITY)))


def encoder_stream(side, data):
    return (6 if side == CLIENT else 7, side, data)


def everything(script, *, step=0, client=CLIENT):
    """What comes of streams: each turn is a stream's number, the side that sends, and bytes, an int or its end."""
    exchange = Exchange()
    spoken = Http3(exchange._desk, Peers(key="k", ends=ENDS), client)
    for time, (number, side, what) in enumerate(script, start=1000):
        if what is END:
            spoken.end(number, side, float(time), is_torn=False)
        elif isinstance(what, int):
            spoken.hole(number, side, what, float(time))
        else:
            size = step or len(what) or 1
            for at in range(0, len(what), size):
                spoken.data(number, side, what[at : at + size], float(time))
    spoken.finish(2000.0)
    exchange.finish()
    return list(exchange.take())


def talk(script, **options):
    return [found for found in everything(script, **options) if isinstance(found, WireObject)]


def brief(found):
    return found.direction.value, found.name, found.content.bytes()


def test_a_body_is_named_after_its_path():
    asked = Speaker().post(0, "/a%20b/caf%C3%A9.wav?x=/y") + body(FILE)
    (found,) = talk([(0, CLIENT, asked), (0, CLIENT, END)])
    assert brief(found) == ("up", "café.wav", FILE)
    assert (found.uri, found.protocol) == ("https://drop.example/a%20b/caf%C3%A9.wav?x=/y", "http3")
    assert not found.missing


def test_the_server_may_be_the_side_that_was_seen_first():
    (found,) = talk([(0, SERVER, Speaker().post(0) + body(FILE)), (0, SERVER, END)], client=SERVER)
    assert brief(found) == ("up", "clip.wav", FILE)
    assert found.source == "192.0.2.80:443"


def test_streams_that_cross_each_other_come_out_apart_with_their_answers():
    client, server = Speaker(), Speaker()
    script = [
        (0, CLIENT, client.post(0, "/up/one.zip")),
        (4, CLIENT, client.get(4, "/down/two.zip")),
        (4, CLIENT, END),
        (4, SERVER, server.headers(4, (":status", "200")) + body(b"two")),
        (0, CLIENT, body(b"one") + client.headers(0, ("x-sum", "1"))),
        (0, CLIENT, END),
        (0, SERVER, server.headers(0, (":status", "103")) + frame(0x21, b"ignored")),
        (0, SERVER, server.headers(0, (":status", "200"), ("content-disposition", "attachment; filename=r.txt"))),
        (0, SERVER, body(b"ok") + server.headers(0, ("x-sum", "1"))),
        (4, SERVER, END),
        (0, SERVER, END),
    ]
    found = talk(script)
    assert sorted(map(brief, found)) == [
        ("down", "r.txt", b"ok"),
        ("down", "two.zip", b"two"),
        ("up", "one.zip", b"one"),
    ]
    assert len({each.position for each in found}) == 3


def test_the_files_of_a_form_come_out():
    form = b'--b\r\nContent-Disposition: form-data; name="f"; filename="in.wav"\r\n\r\n' + FILE + b"\r\n--b--\r\n"
    asked = Speaker().post(0, "/form", ("content-type", "multipart/form-data; boundary=b"))
    (found,) = talk([(0, CLIENT, asked + body(form)), (0, CLIENT, END)])
    assert brief(found) == ("up", "in.wav", FILE)


def repeated():
    """Requests whose later fields refer to what earlier ones have entered into the table."""
    client = Speaker()
    asked = [client.post(4 * n, f"/in/{n}.wav", ("x-who", "somebody"), ("x-n", "y" * 40)) for n in range(9)]
    assert len(client.learnt) > 60
    assert any(each[2] for each in asked)
    return client, asked


def test_blocks_wait_for_the_entries_they_refer_to():
    client, asked = repeated()
    streams = [(4 * n, CLIENT, each + body(b"%d" % n)) for n, each in enumerate(asked)]
    ends = [(4 * n, CLIENT, END) for n in range(9)]
    wanted = {("up", f"{n}.wav", b"%d" % n) for n in range(9)}
    learnt = encoder_stream(CLIENT, client.learnt)
    for script in (
        [settings_of(SERVER), learnt, *streams, *ends],
        [*streams, learnt, settings_of(SERVER), *ends],
        [*streams, settings_of(SERVER), learnt, *ends],
    ):
        for step in (0, 1, 7):
            assert set(map(brief, talk(script, step=step))) == wanted


def test_entries_that_never_come_lose_names_and_no_bodies():
    client, asked = repeated()
    streams = [(4 * n, CLIENT, each + body(b"%d" % n)) for n, each in enumerate(asked)]
    ends = [(4 * n, CLIENT, END) for n in range(9)]
    hole = (6, CLIENT, 40)
    found = talk([settings_of(SERVER), encoder_stream(CLIENT, client.learnt[:20]), hole, *streams, *ends])
    assert {each.content.bytes() for each in found} == {b"%d" % n for n in range(9)}
    found = talk([*streams, *ends])
    assert {each.content.bytes() for each in found} == {b"%d" % n for n in range(9)}


def test_what_waits_is_bounded():
    _, asked = repeated()
    exchange = Exchange()
    spoken = Http3(exchange._desk, Peers(key="k", ends=ENDS), CLIENT)
    spoken.data(32, CLIENT, asked[8], 1.0)
    for _ in range(100):
        spoken.data(32, CLIENT, frame(DATA, bytes(50_000)), 1.0)
    spoken.end(32, CLIENT, 1.0, is_torn=False)
    (found,) = exchange.take()
    assert found.content.size == 5_000_000


def test_an_answer_that_is_seen_first_gets_its_name():
    server = Speaker()
    answer = server.headers(0, (":status", "200")) + body(b"two")
    script = [(0, SERVER, answer), (0, CLIENT, Speaker().get(0, "/two.zip")), (0, CLIENT, END), (0, SERVER, END)]
    assert [brief(each) for each in talk(script)] == [("down", "two.zip", b"two")]


def test_a_pushed_answer_is_named_after_its_promise():
    server = Speaker()
    server.encoder = pylsqpack.Encoder()
    _, promised = server.encoder.encode(0, [(b":method", b"GET"), (b":path", b"/style.css"), (b":authority", b"h")])
    promise = frame(PROMISE, varint(7) + promised)
    pushed = varint(PUSH) + varint(7) + server.headers(15, (":status", "200")) + body(b"body {}")
    script = [(0, SERVER, promise), (0, CLIENT, Speaker().get(0, "/")), (0, SERVER, promise), (15, SERVER, pushed)]
    (found,) = talk([*script, (15, SERVER, END)])
    assert brief(found) == ("down", "style.css", b"body {}")


def test_a_tunnel_in_a_stream_is_read_inside():
    client, server = Speaker(), Speaker()
    inside = b"PUT /x.wav HTTP/1.1\r\nHost: far\r\nContent-Length: 4\r\n\r\nRIFF"
    script = [
        (0, CLIENT, client.headers(0, (":method", "CONNECT"), (":authority", "far:80"))),
        (0, SERVER, server.headers(0, (":status", "200"))),
        (0, CLIENT, body(inside, size=10)),
    ]
    (found,) = talk(script)
    assert (brief(found), found.uri) == (("up", "x.wav", b"RIFF"), "http://far/x.wav")


def test_a_connection_that_breaks_off_says_how_much_is_missing():
    asked = Speaker().post(0, "/a.wav", ("content-length", "100"))
    (found,) = talk([(0, CLIENT, asked + frame(DATA, b"abc"))])
    assert (found.content.bytes(), found.missing_bytes) == (b"abc", 97)
    (gap,) = everything([(0, CLIENT, asked)])
    assert isinstance(gap, Gap)
    assert gap.size == 100


@pytest.mark.parametrize("fields", [(), [("content-length", "90000")]])
@pytest.mark.parametrize("size", [500, 15_000, 16_390, 25_000, 40_000])
@pytest.mark.parametrize("frames", [1000, 16_384, 90_000])
def test_a_hole_leaves_everything_at_its_place(frames, size, fields):
    sent = Speaker().post(0, "/a.wav", *fields) + body(FILE, frames)
    begin = sent.index(FILE[:50]) + 700
    script = [(0, CLIENT, sent[:begin]), (0, CLIENT, size), (0, CLIENT, sent[begin + size :]), (0, CLIENT, END)]
    for step in (0, 100, 1448):
        (found,) = talk(script, step=step)
        (gap,) = found.missing
        assert (gap.start, found.content.size) == (700, 90_000)
        assert found.content.bytes()[gap.end :] == FILE[gap.end :]


def test_a_lost_header_block_loses_the_name_only():
    sent = Speaker().post(0, "/a.wav") + body(FILE)
    (found,) = talk([(0, CLIENT, 30), (0, CLIENT, sent[30:]), (0, CLIENT, END)])
    assert found.name == ""
    assert found.content.bytes()[-80_000:] == FILE[-80_000:]
    assert found.missing_bytes >= 30


def test_frames_are_not_found_in_what_only_looks_like_them():
    assert find_frame(bytes(5000), is_end=False) == -1
    assert find_frame(random.Random(1).randbytes(60_000), is_end=False) == -1
    assert find_frame(b"xyz" + body(FILE, 5000), is_end=False) == 3


def test_what_a_block_unfolds_to_is_bounded():
    decoder = FieldDecoder()
    decoder.most_bytes = 1 << 16
    decoder.learn(b"\x3f\xe1\xff\x03" + b"\x41a" + b"\x7f\xe1\xd3\x03" + b"x" * 60_000)
    fields = decoder.read(b"\2\0" + b"\x80" * 60_000)
    assert fields is not None
    assert 1 < len(fields) <= 2 + FIELDS_LIMIT_BYTES // 60_000


FIELD = st.tuples(st.sampled_from([b"x-a", b":path", b"cookie", b"accept"]), st.binary(max_size=60))


@settings(max_examples=100, deadline=None)
@given(
    blocks=st.lists(st.lists(FIELD, min_size=1, max_size=8), max_size=12),
    step=st.integers(1, 50),
    capacity=st.integers(0, 900),
)
def test_fields_are_what_the_other_decoder_reads(blocks, step, capacity):
    encoder, oracle, ours = pylsqpack.Encoder(), pylsqpack.Decoder(capacity, 16), FieldDecoder()
    ours.most_bytes = capacity
    learnt = encoder.apply_settings(capacity, 16)
    for number, fields in enumerate(blocks):
        more, block = encoder.encode(4 * number, fields)
        learnt += more
        oracle.feed_encoder(learnt)
        for at in range(0, len(learnt), step):
            ours.learn(learnt[at : at + step])
        learnt = b""
        answer, wanted = oracle.feed_header(4 * number, block)
        assert ours.read(block) == [(bytes(name), bytes(value)) for name, value in wanted] == fields
        if answer:
            encoder.feed_decoder(answer)


def asked_twice():
    client, server = Speaker(), Speaker()
    one = client.post(0, "/in/1.wav", ("x-who", "somebody"), ("content-length", "3000")) + body(FILE[:3000], 700)
    two = client.post(4, "/in/2.wav", ("x-who", "somebody")) + frame(0x21, b"?") + body(FILE[:9000], 4000)
    answers = [(4 * n, SERVER, server.headers(4 * n, (":status", "200")) + body(FILE[:500], 90)) for n in (0, 1)]
    ends = [(4 * n, side, END) for n in (0, 1) for side in (0, 1)]
    streams = [encoder_stream(CLIENT, client.learnt), encoder_stream(SERVER, server.learnt)]
    controls = [settings_of(CLIENT), settings_of(SERVER)]
    return [(0, CLIENT, one), (4, CLIENT, two), *streams, *controls, *answers, *ends]


@pytest.mark.parametrize("step", [1, 2, 7, 64, 1000])
@pytest.mark.parametrize("hole", [0, 900])
def test_cutting_the_bytes_differently_gives_the_same_objects(step, hole):
    def told(found):
        return found.name, found.content.bytes(), found.position, found.missing, found.direction, found.uri

    script = asked_twice()
    if hole:
        sent = script[0][2]
        script[:1] = [(0, CLIENT, sent[:300]), (0, CLIENT, hole), (0, CLIENT, sent[300 + hole :])]
    found = sorted(map(told, talk(script)))
    assert len(found) == 4
    assert sorted(map(told, talk(script, step=step))) == found


PIECE = st.one_of(
    st.binary(max_size=30),
    st.builds(frame, st.sampled_from([0, 1, 4, 5, 0x21, 1 << 20]), st.binary(max_size=30)),
    st.sampled_from([each[2] for each in asked_twice() if each[2]]),
    st.sampled_from([b"\x3f\xe1\xff\x03", b"\x3f\xe1\xff\xff\xff\xff\x7f", b"\x80", b"\xff\xff\xff\xff", b"\1\xff"]),
    st.integers(1, 5000),
    st.just(END),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0, 1, 2, 3, 4, 6, 7, 15]), st.integers(0, 1), PIECE), max_size=25))
def test_any_streams_give_objects_or_nothing(script):
    for found in everything(script):
        if isinstance(found, WireObject):
            observation(found, host="h", sensor="s", capture="c", local=())
            assert found.content.size > 0


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=6), st.binary(max_size=40), st.integers(0, 1 << 16), st.booleans())
def test_any_bytes_may_be_fields(learnt, block, most, is_forced):
    decoder = FieldDecoder()
    decoder.most_bytes = most
    for data in learnt:
        decoder.learn(data)
    assert is_forced <= (decoder.read(block, is_forced=is_forced) is not None)
